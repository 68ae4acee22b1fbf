import { count, decimal, group, int, kind, oneOf, positive, setting, text, url } from "../setting.ts";

/** Which markets are watched: named ones, the N most traded, or both, without the excluded. */
export interface SymbolChoice {
  readonly top: number | null;
  readonly names: readonly string[];
  /** Patterns; `*` stands for any run of characters. */
  readonly exclude: readonly string[];
}

const NAME = /^[A-Z0-9._\-/:]{1,64}$/;
const PATTERN = /^[A-Z0-9._\-/:*]{1,64}$/;
const TOP_MAX = 500;

const symbols = kind(
  `a comma-separated list of symbols, top:N (N up to ${TOP_MAX}) and !PATTERN to exclude`,
  (value): SymbolChoice | undefined => {
    let top: number | null = null;
    const names: string[] = [];
    const exclude: string[] = [];
    for (const entry of value
      .toUpperCase()
      .split(",")
      .map((part) => part.trim())) {
      if (entry === "") continue;
      if (entry.startsWith("TOP:")) {
        const n = /^[1-9]\d{0,2}$/.test(entry.slice(4)) ? Number(entry.slice(4)) : 0;
        if (n < 1 || n > TOP_MAX || top !== null) return undefined;
        top = n;
      } else if (entry.startsWith("!")) {
        if (!PATTERN.test(entry.slice(1))) return undefined;
        exclude.push(entry.slice(1));
      } else {
        if (!NAME.test(entry)) return undefined;
        if (!names.includes(entry)) names.push(entry);
      }
    }
    const someone = top !== null || names.length > 0;
    return someone && names.length <= 1_000 && exclude.length <= 1_000 ? { top, names, exclude } : undefined;
  },
);

const speed = kind("a number above 0 and up to 1000000, or max", (value): number | "max" | undefined => {
  if (value.toLowerCase() === "max") return "max";
  const times = Number(value);
  return /^\d+(\.\d+)?$/.test(value) && times > 0 && times <= 1_000_000 ? times : undefined;
});

const address = (schemes: readonly string[]) => url(schemes, { empty: true });

export const market = group({
  FEED: setting(
    oneOf(["auto", "synthetic", "binance", "bybit", "coinbase", "kraken", "alpaca", "ibkr", "replay"]),
    "auto",
    "Where trades come from",
  ),
  LIVE_RETRY_SEC: setting(
    count(86_400),
    "15",
    "With FEED=auto and no venue at the start: seconds between two attempts to show the live market",
  ),
  SYMBOLS: setting(symbols, "top:30", "Symbols to watch; top:N takes the most traded of 24 h, !PATTERN leaves out"),
  BINANCE_STREAM: setting(
    url(["wss", "ws"]),
    "wss://stream.binance.com:9443/stream",
    "Binance's public combined stream",
  ),
  BINANCE_REST: setting(address(["https", "http"]), "", "Binance's REST side, if not at its own address"),
  BYBIT_STREAM: setting(address(["wss", "ws"]), "", "Bybit's public stream, if not at its own address"),
  BYBIT_REST: setting(address(["https", "http"]), "", "Bybit's REST side, if not at its own address"),
  COINBASE_API: setting(
    oneOf(["exchange", "advanced"]),
    "exchange",
    "Which of Coinbase's feeds: the Exchange's, or Advanced Trade's",
  ),
  COINBASE_STREAM: setting(address(["wss", "ws"]), "", "Coinbase's public stream, if not at its own address"),
  COINBASE_REST: setting(address(["https", "http"]), "", "Coinbase's REST side, if not at its own address"),
  KRAKEN_STREAM: setting(address(["wss", "ws"]), "", "Kraken's public stream, if not at its own address"),
  KRAKEN_REST: setting(address(["https", "http"]), "", "Kraken's REST side, if not at its own address"),
  ALPACA_API_KEY: setting(text({ empty: true, secrecy: "secret" }), "", "Key for FEED=alpaca"),
  ALPACA_API_SECRET: setting(text({ empty: true, secrecy: "secret" }), "", "Secret that belongs to the key"),
  ALPACA_FEED: setting(
    oneOf(["iex", "sip", "delayed_sip"]),
    "iex",
    "Whose trades of stocks Alpaca sends: one exchange's, all (paid), or all 15 minutes late",
  ),
  ALPACA_STREAM: setting(address(["wss", "ws"]), "", "Alpaca's streams, if not at their own address"),
  ALPACA_REST: setting(address(["https", "http"]), "", "Alpaca's REST side, if not at its own address"),
  IBKR_HOST: setting(text(), "127.0.0.1", "Where TWS or IB Gateway runs, for FEED=ibkr"),
  IBKR_PORT: setting(
    int({ min: 1, max: 65_535 }),
    "7497",
    "Its port: TWS 7496 (paper 7497), IB Gateway 4001 (paper 4002)",
  ),
  IBKR_CLIENT_ID: setting(
    int({ min: 0, max: 2_147_483_647 }),
    "1",
    "What this program is called there: each program needs another",
  ),
  IBKR_LINES: setting(int({ min: 1, max: 10_000 }), "100", "Symbols the account may watch at once"),
  IBKR_TICK_BY_TICK: setting(
    int({ min: 0, max: 1_000 }),
    "5",
    "Symbols, the first ones, of which each trade is told by itself; an account with 100 lines has five",
  ),
  IBKR_MARKET_DATA: setting(
    oneOf(["live", "frozen", "delayed", "delayed_frozen"]),
    "live",
    "Which data is asked for: delayed needs no subscription",
  ),
  SYNTHETIC_SCENARIO: setting(
    oneOf(["tour", "quiet", "storm", "load"]),
    "tour",
    "What the synthetic market plays: tour shows everything in two minutes",
  ),
  SYNTHETIC_SEED: setting(int({ min: 0, max: 4_294_967_295 }), "1", "The same seed gives the same prices"),
  SYNTHETIC_RATE: setting(count(1_000_000), "10000", "Trades a second over all symbols in the load scenario"),
  HEARTBEAT_MS: setting(int({ min: 10, max: 60_000 }), "100", "How often a connection says how far its time has come"),
  CLOCK_SKEW_MAX_SEC: setting(positive(86_400), "5", "A record further ahead of its arrival is refused"),
  CLOCK_JUMP_CONFIRM_SEC: setting(
    decimal({ min: 0, max: 1e9 }),
    "60",
    "In recordings, a jump forward beyond this waits for a second record; 0: off",
  ),
});

const failures = "Failures in a row";
export const ingest = group({
  PRICE_BACKOFF_FAILURES_THRESHOLD: setting(count(), "5", `${failures} after which reconnecting waits longer`),
  PRICE_BACKOFF_BASE_SEC: setting(positive(3_600), "1", "First wait before reconnecting a price stream"),
  PRICE_BACKOFF_BASE_AFTER_FAILURES_SEC: setting(positive(3_600), "2", "First wait once the threshold is reached"),
  PRICE_BACKOFF_CAP_SEC: setting(positive(86_400), "60", "Longest wait before reconnecting a price stream"),
  PRICE_PUBLISH_LOG_EVERY: setting(count(), "500", "Published prices between two log lines"),
  PRICE_FAILURE_LOG_EVERY: setting(count(), "5", "Price failures between two log lines"),
  BAD_PRICE_LOG_EVERY: setting(count(), "50", "Refused prices between two log lines, after the first"),
  LATE_PRICE_LOG_EVERY: setting(count(), "50", "Late prices between two log lines"),
  INGEST_STUCK_LOG_EVERY: setting(count(), "100", "Log lines about a stuck stream are this far apart"),
  RETRY_MAX_ATTEMPTS: setting(
    count(1_000),
    "3",
    "Attempts of a write to bus or database before it is said to be away; it goes on being tried",
  ),
  RETRY_BACKOFF_BASE_SEC: setting(positive(3_600), "1", "First wait between attempts"),
  RETRY_BACKOFF_CAP_SEC: setting(positive(86_400), "30", "Longest wait between attempts"),
  RETRY_JITTER_MIN: setting(positive(100), "0.5", "A wait is multiplied by at least this"),
  RETRY_JITTER_MAX: setting(positive(100), "1.5", "A wait is multiplied by at most this"),
});

export const replay = group({
  REPLAY_FILE: setting(
    text({ empty: true }),
    "",
    "What FEED=replay plays: a recording, or a file of ticks; goes before MOCK_API_URL",
  ),
  REPLAY_SPEED: setting(
    speed,
    "1",
    "How fast FEED=replay plays: 1 as it was, 10 ten times as fast, max as fast as it can",
  ),
  REPLAY_DLT_FILE: setting(text(), "logs/replay_dlt.jsonl", "Where FEED=replay writes what could not be used"),
  MOCK_API_URL: setting(url(["http", "https"], { empty: true }), "", "Source of NDJSON ticks for a replay"),
  REPLAY_BIN_MS: setting(int({ min: 1, max: 60_000 }), "10", "Length of a bin"),
  REPLAY_MAX_LATE_MS: setting(
    int({ min: 0, max: 86_400_000 }),
    "500",
    "How late a trade may be and still count in its bar",
  ),
});
