export * from "./settings.ts";
export { type MetricsState, metrics } from "./stage.ts";
