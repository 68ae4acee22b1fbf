import { fakeAlpaca } from "../../../testkit/venues/alpaca.ts";
import { fakeBybit } from "../../../testkit/venues/bybit.ts";
import { fakeCoinbase, fakeCoinbaseAdvanced } from "../../../testkit/venues/coinbase.ts";
import { fakeKraken } from "../../../testkit/venues/kraken.ts";
import { VENUES } from "../venues.ts";
import { BINANCE, type Kind } from "./live-world.ts";

const KEYS = { ALPACA_API_KEY: "key", ALPACA_API_SECRET: "secret", ALPACA_FEED: "iex" } as const;
const COINS = ["BTC/USDT", "ETH/USDT"];
/** Every venue that is dialled by its address, each with a local server that speaks as it does. */
export const KINDS: readonly Kind[] = [
  BINANCE,
  { id: "bybit", venue: () => VENUES.bybit!(), serve: (o) => fakeBybit(undefined, o), names: ["BTCUSDT", "ETHUSDT"] },
  {
    id: "coinbase",
    venue: () => VENUES.coinbase!(),
    serve: (o) => fakeCoinbase(undefined, o),
    names: ["BTC-USD", "ETH-USD"],
  },
  {
    id: "coinbase",
    title: "coinbase, Advanced Trade",
    venue: () => VENUES.coinbase!({ COINBASE_API: "advanced" }),
    serve: (o) => fakeCoinbaseAdvanced(undefined, o),
    names: ["BTC-USD", "ETH-USD"],
  },
  {
    id: "kraken",
    venue: () => VENUES.kraken!(),
    serve: (o) => fakeKraken(undefined, o),
    names: ["BTC/USD", "ETH/USD"],
  },
  {
    id: "alpaca",
    venue: () => VENUES.alpaca!(KEYS),
    serve: (o) => fakeAlpaca(COINS, o),
    names: ["BTC/USDT", "ETH/USDT"],
  },
];
