import type { IBApi } from "@stoqey/ib";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Dial, Wire, WireEvents } from "../connection/dial.ts";
import { type ContractOf, contractOf, hasTrades } from "./contracts.ts";
import { type Frame, Ticks } from "./ticks.ts";

export interface GatewayOptions {
  readonly host: string;
  readonly port: number;
  readonly client_id: number;
  /** Lines of market data the account has: one a symbol. */
  readonly lines_max: number;
  /** Symbols of which each trade is told by itself; of the others trades come with the day's volume, several times a second. */
  readonly one_by_one_max: number;
  /** As the gateway numbers them: 1 live, 3 delayed, 4 delayed and frozen. */
  readonly data_type: number;
}

/** What we say to a line, as texts: the connection paces and repeats them without knowing what they mean. */
export type Request = { readonly op: "subscribe" | "unsubscribe"; readonly symbol: string } | { readonly op: "time" };

/** The gateway takes 50 messages a second from all of a program. */
const MESSAGES_PER_SEC = 40;
/** It refuses the stream of all trades of a contract that was asked for so shortly before. */
const ASK_AGAIN_MS = 15_000;
/** Requests for that stream have numbers of their own. */
const ONE_BY_ONE = 1_000_000;
/** The generic tick that brings a trade with the day's volume. */
const TRADES_WITH_VOLUME = "233";
const NO_LINE = 101;
const HELD_MAX = 50_000;

type Module = typeof import("@stoqey/ib");
type ApiContract = Parameters<IBApi["reqMktData"]>[1];

/** A socket to TWS or IB Gateway that looks like every other to the connection. Its package is read when it is first dialled. */
export function gatewayDial(
  options: GatewayOptions,
  clock: Clock,
  load = (): Promise<Module> => import("@stoqey/ib"),
): Dial {
  /** When the stream of all trades of a symbol was last asked for, over all connections. */
  const asked_ms = new Map<string, number>();
  const ticks = new Ticks();
  return (_url, _max, events) => {
    const line = new Line(options, clock, asked_ms, ticks, events);
    load().then(
      (module) => line.open(module),
      () => line.fail("needs the package @stoqey/ib, which is missing: `bun install` brings it"),
    );
    return line;
  };
}

interface Asked {
  readonly symbol: string;
  readonly hasTrades: boolean;
  /** Its trades come one by one; else with the day's volume. */
  isOneByOne: boolean;
}

class Line implements Wire {
  private api: IBApi | null = null;
  private readonly asked = new Map<number, Asked>();
  private next = 1;
  private isOver = false;
  private isReady = false;
  private isTelling = false;
  private held: Frame[] | null = null;

  constructor(
    private readonly options: GatewayOptions,
    private readonly clock: Clock,
    private readonly asked_ms: Map<string, number>,
    private readonly ticks: Ticks,
    private readonly events: WireEvents,
  ) {}

  open({ IBApi, EventName }: Module): void {
    if (this.isOver) return;
    const { host, port, client_id, data_type } = this.options;
    const api = new IBApi({ host, port, clientId: client_id, maxReqPerSec: MESSAGES_PER_SEC });
    this.api = api;
    this.ticks.clear();
    api.on(EventName.nextValidId, () => {
      if (this.isReady) return;
      this.isReady = true;
      api.reqMarketDataType(data_type);
      this.events.opened();
    });
    api.on(EventName.tickPrice, (id, field, value) => this.number(id, field, value));
    api.on(EventName.tickSize, (id, field, value) => this.number(id, field, value));
    api.on(EventName.tickString, (id, field, value) => {
      const asked = this.asked.get(id);
      if (asked?.isOneByOne === false) this.say(this.ticks.volume(asked.symbol, field, value));
    });
    api.on(EventName.tickByTickAllLast, (id, _type, time, price, size, { unreported }) => {
      const asked = this.asked.get(id - ONE_BY_ONE);
      if (asked?.isOneByOne === true && unreported !== true)
        this.say(this.ticks.trade(asked.symbol, time, price, size));
    });
    api.on(EventName.currentTime, (seconds) => this.say({ e: "time", t: seconds * 1_000 }));
    api.on(EventName.error, (error: Error, code: number, id: number) => this.error(code, id, error.message));
    api.on(EventName.info, (text, code) => this.error(code, -1, text));
    api.on(EventName.disconnected, () => {
      if (!this.isOver) this.events.ended({ kind: "closed", code: 1006, text: "" });
    });
    api.connect();
  }

  fail(text: string): void {
    if (!this.isOver) this.events.ended({ kind: "denied", text });
  }

  send(text: string): void {
    const request = JSON.parse(text) as Request;
    if (request.op === "time") this.ping();
    else if (request.op === "subscribe") this.subscribe(request.symbol);
    else this.unsubscribe(request.symbol);
  }

  ping(): void {
    this.api?.reqCurrentTime();
  }

  /** The gateway cannot be held back: best prices give way until it goes on, trades are kept. */
  pause(): void {
    this.held ??= [];
  }

  resume(): void {
    const held = this.held ?? [];
    this.held = null;
    for (const frame of held) this.say(frame);
  }

  end(): void {
    this.isOver = true;
    this.api?.removeAllListeners();
    this.api?.disconnect();
  }

  private subscribe(symbol: string): void {
    const contract = contractOf(symbol);
    const all = [...this.asked.values()];
    if (contract === null || all.some((one) => one.symbol === symbol)) return;
    const { lines_max } = this.options;
    if (all.length >= lines_max) {
      this.say({ e: "error", code: NO_LINE, s: symbol, text: `all ${lines_max} are in use` });
      return;
    }
    const id = this.next++;
    const isOneByOne = this.mayComeOneByOne(symbol, contract, all);
    this.asked.set(id, { symbol, hasTrades: hasTrades(contract), isOneByOne });
    const theirs = contract as unknown as ApiContract;
    this.api?.reqMktData(id, theirs, hasTrades(contract) ? TRADES_WITH_VOLUME : "", false, false);
    if (!isOneByOne) return;
    this.asked_ms.set(symbol, this.clock.now());
    this.api?.reqTickByTickData(ONE_BY_ONE + id, theirs, "AllLast" as never, 0, false);
  }

  private mayComeOneByOne(symbol: string, contract: ContractOf, all: readonly Asked[]): boolean {
    const { one_by_one_max } = this.options;
    const asked_ms = this.asked_ms.get(symbol);
    if (asked_ms !== undefined && this.clock.now() - asked_ms <= ASK_AGAIN_MS) return false;
    return hasTrades(contract) && all.filter(({ isOneByOne }) => isOneByOne).length < one_by_one_max;
  }

  private unsubscribe(symbol: string): void {
    for (const [id, one] of this.asked) {
      if (one.symbol !== symbol) continue;
      this.asked.delete(id);
      this.ticks.forget(symbol);
      this.api?.cancelMktData(id);
      if (one.isOneByOne) this.api?.cancelTickByTickData(ONE_BY_ONE + id);
    }
  }

  private number(id: number, field: number | undefined, value: number | undefined): void {
    const asked = this.asked.get(id);
    if (asked === undefined || field === undefined || value === undefined) return;
    this.say(this.ticks.number(asked.symbol, field, value, asked.hasTrades));
    if (this.isTelling) return;
    this.isTelling = true;
    // After all ticks that came together: a price comes before its size.
    queueMicrotask(() => {
      this.isTelling = false;
      for (const frame of this.ticks.quotes()) this.say(frame);
    });
  }

  private error(code: number, id: number, text: string): void {
    const oneByOne = this.asked.get(id - ONE_BY_ONE);
    const asked = oneByOne ?? this.asked.get(id);
    // What comes with the volume has been asked for as well.
    if (oneByOne !== undefined) oneByOne.isOneByOne = false;
    this.say({ e: "error", code, s: asked?.symbol ?? null, text });
  }

  private say(frame: Frame | null): void {
    if (frame === null || this.isOver) return;
    if (this.held === null) this.events.frame(JSON.stringify(frame));
    else if (frame.e !== "quote" && frame.e !== "price") {
      this.held.push(frame);
      if (this.held.length > HELD_MAX) this.fail("brought more trades than there is room for");
    }
  }
}
