/** What the gateway is asked for: the fields of its contracts that we use. */
export interface ContractOf {
  readonly symbol: string;
  readonly secType: string;
  readonly exchange: string;
  readonly currency: string;
  readonly lastTradeDateOrContractMonth?: string;
}

interface Kind {
  readonly exchange: string;
  readonly currency: string;
  /** Whether its trades are told, one by one in a stream of their own or with the volume. */
  readonly hasTrades: boolean;
}

const KINDS: Readonly<Record<string, Kind>> = {
  STK: { exchange: "SMART", currency: "USD", hasTrades: true },
  FUT: { exchange: "CME", currency: "USD", hasTrades: true },
  CONTFUT: { exchange: "CME", currency: "USD", hasTrades: true },
  CRYPTO: { exchange: "PAXOS", currency: "USD", hasTrades: true },
  CASH: { exchange: "IDEALPRO", currency: "USD", hasTrades: false },
  IND: { exchange: "CBOE", currency: "USD", hasTrades: false },
  CFD: { exchange: "SMART", currency: "USD", hasTrades: false },
  CMDTY: { exchange: "SMART", currency: "USD", hasTrades: false },
};

/** A share by its name alone. Longer names are coins of other venues. */
const STOCK = /^[A-Z]{1,5}(?:\.[A-Z]{1,2})?$/;
const NAME = /^[A-Z0-9]{1,12}(?:\.[A-Z0-9]{1,12})?$/;
const EXCHANGE = /^[A-Z0-9]{1,16}$/;
const CURRENCY = /^[A-Z]{3}$/;
const EXPIRY = /^\d{6}(?:\d{2})?$/;

/** AAPL, or NAME:KIND[:EXCHANGE[:CURRENCY[:EXPIRY]]] as in ES:FUT:CME:USD:202612 and EUR.USD:CASH; null when it is none. */
export function contractOf(text: string): ContractOf | null {
  const [name, secType = "STK", exchangeSaid, currencySaid, expiry, ...more] = text.split(":") as [string, ...string[]];
  const kind = Object.hasOwn(KINDS, secType) ? KINDS[secType]! : null;
  if (kind === null || more.length > 0) return null;
  if (!(text === name ? STOCK : NAME).test(name)) return null;
  // A pair of currencies names both.
  const [base, quote] = secType === "CASH" ? (name.split(".") as [string, string?]) : [name];
  const exchange = exchangeSaid ?? kind.exchange;
  const currency = currencySaid ?? quote ?? kind.currency;
  if (!EXCHANGE.test(exchange) || !CURRENCY.test(currency)) return null;
  if ((secType === "FUT") !== (expiry !== undefined) || (expiry !== undefined && !EXPIRY.test(expiry))) return null;
  return {
    // The dot of a share's class is a space there.
    symbol: secType === "CASH" ? base : name.replace(".", " "),
    secType,
    exchange,
    currency,
    ...(expiry === undefined ? {} : { lastTradeDateOrContractMonth: expiry }),
  };
}

export const hasTrades = ({ secType }: ContractOf): boolean => KINDS[secType]?.hasTrades === true;
