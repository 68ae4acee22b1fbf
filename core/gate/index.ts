export { alerts } from "./alerts.ts";
export { classicStatement } from "./classic-alert.ts";
export { type GateIn, type GateState, gate } from "./gate.ts";
export * from "./settings.ts";
