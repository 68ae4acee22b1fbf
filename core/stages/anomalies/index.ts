export { type AdaptiveOut, type AdaptiveState, adaptive } from "./adaptive.ts";
export { CLASSIC_SETTINGS, type ClassicSettings, type ClassicState, classic } from "./classic.ts";
export { coldAdaptive } from "./cold.ts";
export * from "./settings.ts";
