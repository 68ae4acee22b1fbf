export { alerts } from "./alerts.ts";
export { type GateIn, type GateState, gate } from "./gate.ts";
export * from "./settings.ts";
