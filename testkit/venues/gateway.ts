import { type AddressInfo, createServer, type Socket } from "node:net";

/** What a message to the gateway is, by its first field. */
const ASKS = { market: 1, cancel: 2, time: 49, dataType: 59, start: 71, oneByOne: 97, cancelOneByOne: 98 } as const;
/** And one from it. */
const SAYS = { price: 1, size: 2, error: 4, nextId: 9, accounts: 15, text: 46, time: 49, oneByOne: 99 } as const;
const VERSION = 176;
const GREETING = "API\0";
const RT_VOLUME = 48;
const [BID_SIZE, BID, ASK, ASK_SIZE] = [0, 1, 2, 3];
/** Of a program, all together. */
const MESSAGES_PER_SEC = 50;
const ASK_AGAIN_MS = 15_000;
const EVERYWHERE = -1;

export interface GatewayManners {
  /** Connected, answers what is asked, brings no data. */
  mute: boolean;
  /** Symbols that are no contracts. */
  readonly unknown: Set<string>;
  /** Client ids another program has. */
  readonly taken: Set<number>;
  /** What the account has. */
  lines_max: number;
  one_by_one_max: number;
  /** Its own servers are away: it says so to whoever connects. */
  isCutOff: boolean;
}

interface Client {
  readonly socket: Socket;
  id: number | null;
  /** By request. */
  readonly market: Map<number, string>;
  readonly oneByOne: Map<number, string>;
}

/** Enough of TWS to be listened to: the handshake, market data, all trades one by one, errors, and its limits. */
export interface FakeGateway {
  readonly port: number;
  readonly manners: GatewayManners;
  /** Every message, by its fields. */
  readonly asked: readonly { readonly at_ms: number; readonly fields: readonly string[] }[];
  /** Limits that were broken. */
  readonly violations: readonly string[];
  readonly connected: number;
  trade(symbol: string, price: number, size: number): void;
  quote(symbol: string, bid: number, ask: number): void;
  /** `symbol` null: of the gateway itself. */
  error(code: number, text: string, symbol?: string | null): void;
  /** Everybody is put out, and nobody is let in for a while. */
  restart(ms: number): Promise<void>;
  stop(): Promise<void>;
}

export async function fakeGateway(): Promise<FakeGateway> {
  const manners: GatewayManners = {
    mute: false,
    unknown: new Set(),
    taken: new Set(),
    lines_max: 100,
    one_by_one_max: 5,
    isCutOff: false,
  };
  const clients = new Set<Client>();
  const asked: { at_ms: number; fields: string[] }[] = [];
  const violations: string[] = [];
  const asked_ms = new Map<string, number>();
  let volume = 1_000;

  const say = ({ socket }: Client, ...fields: (string | number)[]): void => {
    const body = Buffer.from(`${fields.join("\0")}\0`);
    const head = Buffer.alloc(4);
    head.writeInt32BE(body.length);
    if (socket.writable) socket.write(Buffer.concat([head, body]));
  };
  const fail = (client: Client, id: number, code: number, text: string): void =>
    say(client, SAYS.error, 2, id, code, text, "");

  function start(client: Client, id: number): void {
    if (manners.taken.has(id) || [...clients].some((one) => one.id === id)) {
      fail(client, EVERYWHERE, 326, "Unable to connect as the client id is already in use.");
      client.socket.end();
      return;
    }
    client.id = id;
    say(client, SAYS.nextId, 1, 1);
    say(client, SAYS.accounts, 1, "DU0000001");
    if (manners.isCutOff)
      fail(client, EVERYWHERE, 2110, "Connectivity between Trader Workstation and server is broken.");
    else fail(client, EVERYWHERE, 2104, "Market data farm connection is OK:usfarm");
  }

  function market(client: Client, [, , idText, , symbol = ""]: readonly string[]) {
    const id = Number(idText);
    if (manners.unknown.has(symbol))
      return fail(client, id, 200, "No security definition has been found for the request");
    if (client.market.size >= manners.lines_max) {
      violations.push(`${symbol} is more than ${manners.lines_max} lines`);
      return fail(client, id, 101, "Max number of tickers has been reached");
    }
    client.market.set(id, symbol);
  }

  function oneByOne(client: Client, [, idText, , symbol = ""]: readonly string[]) {
    const id = Number(idText);
    const before_ms = asked_ms.get(symbol);
    if (before_ms !== undefined && Date.now() - before_ms < ASK_AGAIN_MS)
      violations.push(`${symbol} was asked for again too soon`);
    asked_ms.set(symbol, Date.now());
    if (manners.unknown.has(symbol))
      return fail(client, id, 200, "No security definition has been found for the request");
    if (client.oneByOne.size >= manners.one_by_one_max)
      return fail(client, id, 10_190, "Max number of tick-by-tick requests has been reached");
    client.oneByOne.set(id, symbol);
  }

  function heard(client: Client, fields: string[]) {
    const now_ms = Date.now();
    asked.push({ at_ms: now_ms, fields });
    const recent = asked.filter(({ at_ms }) => at_ms > now_ms - 1_000).length;
    if (recent > MESSAGES_PER_SEC) violations.push(`${recent} messages within a second`);
    switch (Number(fields[0])) {
      case ASKS.start:
        return start(client, Number(fields[2]));
      case ASKS.market:
        return market(client, fields);
      case ASKS.cancel:
        return void client.market.delete(Number(fields[2]));
      case ASKS.oneByOne:
        return oneByOne(client, fields);
      case ASKS.cancelOneByOne:
        return void client.oneByOne.delete(Number(fields[1]));
      case ASKS.time:
        return say(client, SAYS.time, 1, Math.floor(now_ms / 1_000));
    }
  }

  const server = createServer((socket) => {
    const client: Client = { socket, id: null, market: new Map(), oneByOne: new Map() };
    clients.add(client);
    socket.on("error", () => undefined);
    socket.on("close", () => clients.delete(client));
    let pending = Buffer.alloc(0);
    let isGreeted = false;
    socket.on("data", (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      if (!isGreeted) {
        if (pending.length < GREETING.length + 4) return;
        const end = GREETING.length + 4 + pending.readInt32BE(GREETING.length);
        if (pending.length < end) return;
        pending = pending.subarray(end);
        isGreeted = true;
        say(client, VERSION, "20261126 18:00:00 UTC");
      }
      while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
        const end = 4 + pending.readInt32BE(0);
        const fields = pending.toString("utf8", 4, end).split("\0");
        pending = pending.subarray(end);
        heard(client, fields.slice(0, -1));
      }
    });
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve) => server.listen(port, "127.0.0.1", () => resolve()));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const { socket } of clients) socket.destroy();
    clients.clear();
    await closed;
  };
  const requestsOf = (all: ReadonlyMap<number, string>, symbol: string): number[] =>
    [...all].filter(([, name]) => name === symbol).map(([id]) => id);

  return {
    port,
    manners,
    asked,
    violations,
    get connected() {
      return clients.size;
    },
    trade(symbol, price, size) {
      volume += size;
      if (manners.mute) return;
      const now_ms = Date.now();
      for (const client of clients) {
        for (const id of requestsOf(client.market, symbol))
          say(client, SAYS.text, 6, id, RT_VOLUME, `${price};${size};${now_ms};${volume};${price};true`);
        for (const id of requestsOf(client.oneByOne, symbol))
          say(client, SAYS.oneByOne, id, 2, Math.floor(now_ms / 1_000), price, size, 0, "NASDAQ", "");
      }
    },
    quote(symbol, bid, ask) {
      if (manners.mute) return;
      for (const client of clients) {
        for (const id of requestsOf(client.market, symbol)) {
          say(client, SAYS.price, 6, id, BID, bid, 3, 1);
          say(client, SAYS.size, 6, id, BID_SIZE, 3);
          say(client, SAYS.price, 6, id, ASK, ask, 1, 1);
          say(client, SAYS.size, 6, id, ASK_SIZE, 1);
        }
      }
    },
    error(code, text, symbol = null) {
      for (const client of clients) {
        const ids = symbol === null ? [EVERYWHERE] : requestsOf(client.market, symbol);
        for (const id of ids) fail(client, id, code, text);
      }
    },
    async restart(ms) {
      await close();
      await Bun.sleep(ms);
      await listen(port);
    },
    stop: close,
  };
}
