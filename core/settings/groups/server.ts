import { count, flag, group, int, list, oneOf, optional, port, positive, setting, text, url } from "../setting.ts";

export const server = group({
  PORT: setting(port(), "8787", "Where the page and the API are served; 0 takes any free port"),
  HOST: setting(text(), "127.0.0.1", "Address to listen on; any other than this machine's own needs API_KEYS"),
  METRICS_PORT: setting(optional(port()), "", "A second port that serves /metrics alone; empty: only on PORT"),
  ALLOWED_HOSTS: setting(
    list(text(), { max: 100 }),
    "",
    "Further names this server is reached by, such as a reverse proxy's; requests for any other name are refused",
  ),
  API_KEYS: setting(list(text({ secrecy: "secret" }), { max: 100 }), "", "Keys a client must show, comma-separated"),
  DATA_DIR: setting(text(), "data", "Folder of everything that is kept"),
  LOG_LEVEL: setting(
    oneOf(["trace", "debug", "info", "warn", "error", "fatal", "silent"], {
      warning: "warn",
      critical: "fatal",
      notset: "trace",
    }),
    "info",
    "The least important line that is still written",
  ),
  LOG_FORMAT: setting(oneOf(["auto", "pretty", "json"]), "auto", "pretty, json, or auto: pretty on a terminal"),
  START_TIMEOUT_SEC: setting(positive(3_600), "30", "How long the parts may take to come up before the start fails"),
  TASK_RESTART_BACKOFF_SEC: setting(positive(3_600), "2", "First wait before a fallen part is started again"),
  TASK_RESTART_MAX_PER_MIN: setting(count(1_000), "10", "Falls within a minute after which a part stays down"),
});

export const store = group({
  DATABASE_URL: setting(
    url(["postgres", "postgresql"], { empty: true }),
    "",
    "PostgreSQL or TimescaleDB; empty: the embedded database",
  ),
  ENABLE_DB_INIT: setting(
    flag(),
    "true",
    "Create and migrate the tables of DATABASE_URL at the start; false: they must be there",
  ),
  STORE_KEEP_SHORT_DAYS: setting(
    int({ min: 0, max: 36_500 }),
    "7",
    "Days for which bars shorter than a minute, prices and metrics stay in the store; 0: for ever",
  ),
  STORE_KEEP_SIGNALS_DAYS: setting(
    int({ min: 0, max: 36_500 }),
    "30",
    "Days for which signals and refused records stay in the store; 0: for ever",
  ),
  CHECKPOINT_SEC: setting(positive(3_600), "15", "How often the graph saves its state"),
});

export const tests = group({
  SHARED_DIR: setting(text(), "../shared", "Tests only: where data and golden files lie"),
});
