import type { SettingName } from "./index.ts";

/** Paths of streaming.yaml that say the same as a flat name: the flat name is the only one read afterwards. */
export const FLAT_PATHS: Readonly<Record<string, SettingName>> = {
  "bus.type": "BUS",
  "bus.redis.uri": "REDIS_URL",
  "bus.kafka.brokers": "KAFKA_BROKERS",
  "telemetry.metrics_port": "METRICS_PORT",
  "telemetry.log_level": "LOG_LEVEL",
};

/** The flat name of a section's path; null when the path has none. */
export const flatName = (path: string): SettingName | null =>
  Object.hasOwn(FLAT_PATHS, path) ? (FLAT_PATHS[path] ?? null) : null;
