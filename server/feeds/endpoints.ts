import type { Settings } from "../../core/settings/index.ts";

/** Where a venue is reached when not at its own address: another data centre, a mirror, a server in a test. */
export interface Endpoints {
  readonly stream: string;
  readonly rest: string;
}

const OWN: Endpoints = { stream: "", rest: "" };

export function endpointsOf(id: string, settings: Settings): Endpoints {
  switch (id) {
    case "binance":
      return { stream: settings.BINANCE_STREAM, rest: settings.BINANCE_REST };
    case "bybit":
      return { stream: settings.BYBIT_STREAM, rest: settings.BYBIT_REST };
    case "coinbase":
      return { stream: settings.COINBASE_STREAM, rest: settings.COINBASE_REST };
    case "kraken":
      return { stream: settings.KRAKEN_STREAM, rest: settings.KRAKEN_REST };
    case "alpaca":
      return { stream: settings.ALPACA_STREAM, rest: settings.ALPACA_REST };
    default:
      return OWN;
  }
}

/** The same resource at another address; an address with a path of its own names the resource too. */
export function at(url: string, address: string): string {
  if (address === "") return url;
  const own = new URL(url);
  const other = new URL(address);
  const path = other.pathname === "/" ? own.pathname : other.pathname;
  return `${other.origin === "null" ? `${other.protocol}//${other.host}` : other.origin}${path}${own.search}`;
}
