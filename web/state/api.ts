import { z } from "zod";
import { Alert } from "../../core/messages/alert.ts";
import { Bar } from "../../core/messages/bar.ts";
import { EpochMs, Price, SymbolName } from "../../core/messages/common.ts";
import { Gap } from "../../core/messages/gap.ts";
import { Signal } from "../../core/messages/signal.ts";
import { Watched } from "../../core/messages/watch.ts";

/** A request that did not work, in the reader's words. */
export class ApiProblem extends Error {
  readonly status: number | null;
  constructor(message: string, status: number | null) {
    super(message);
    this.name = "ApiProblem";
    this.status = status;
  }
}

export const SymbolItem = z.object({
  symbol: SymbolName,
  /** Null until a feed has said how its prices are shown. */
  decimals: z.number().int().min(0).max(12).nullable(),
  last: Price.nullable().optional(),
  last_ts_ms: EpochMs.nullable().optional(),
});
export type SymbolItem = z.infer<typeof SymbolItem>;

const list = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next: z.unknown().optional() });
const SymbolList = list(SymbolItem);
/** `complete: false`: older ones may exist that this answer did not reach. */
const BarList = list(Bar).extend({ complete: z.boolean().default(true) });
export type BarsPage = Pick<z.infer<typeof BarList>, "items" | "complete">;
const GapList = list(Gap);
const AlertList = list(Alert);
const SignalList = list(Signal);
const Changed = z.object({ items: z.array(Watched).min(1) });
const Problem = z.object({ title: z.string().optional(), detail: z.string().optional() });

export interface BarsQuery {
  readonly symbol: string;
  readonly interval: string;
  readonly from?: number;
  readonly to?: number;
  readonly limit?: number;
}

export interface Api {
  symbols(): Promise<readonly SymbolItem[]>;
  bars(query: BarsQuery): Promise<BarsPage>;
  gaps(limit: number): Promise<readonly Gap[]>;
  alerts(limit: number): Promise<readonly Alert[]>;
  /** Watches a symbol, or watches it no longer; what became of that, in words. */
  watch(symbol: string): Promise<string>;
  unwatch(symbol: string): Promise<string>;
  /** Of one symbol, newest first. */
  signals(symbol: string, limit: number): Promise<readonly Signal[]>;
}

/** The part of `fetch` that is used here. */
export type Fetch = (
  url: string,
  init: { signal: AbortSignal; headers: Record<string, string>; method: string; body?: string },
) => Promise<Response>;

const DEADLINE_MS = 10_000;
/** A symbol that is added brings its candles first. */
const CHANGE_DEADLINE_MS = 30_000;

export function makeApi({ fetch, base = "" }: { fetch: Fetch; base?: string }): Api {
  const read = <T>(what: string, path: string, schema: z.ZodType<T>): Promise<T> =>
    ask(what, path, schema, { method: "GET" }, DEADLINE_MS);

  const ask = async <T>(
    what: string,
    path: string,
    schema: z.ZodType<T>,
    request: { readonly method: string; readonly body?: string },
    deadlineMs: number,
  ): Promise<T> => {
    let response: Response;
    try {
      const sends = request.body === undefined ? {} : { "content-type": "application/json" };
      response = await fetch(base + path, {
        ...request,
        signal: AbortSignal.timeout(deadlineMs),
        headers: { accept: "application/json", ...sends },
      });
    } catch (error) {
      const late = error instanceof Error && error.name === "TimeoutError";
      throw new ApiProblem(
        late ? `${what}: no answer within ${deadlineMs / 1_000} s.` : `${what}: the server cannot be reached.`,
        null,
      );
    }
    const body: unknown = await response.json().catch(() => null);
    if (!response.ok) {
      const problem = Problem.safeParse(body);
      const why = problem.success ? (problem.data.detail ?? problem.data.title) : undefined;
      throw new ApiProblem(`${what}: ${why ?? `the server answered ${response.status}`}`, response.status);
    }
    const parsed = schema.safeParse(body);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw new ApiProblem(
        `${what}: the answer is not as agreed (${issue?.path.join(".") ?? ""}: ${issue?.message ?? "unreadable"}).`,
        response.status,
      );
    }
    return parsed.data;
  };

  return {
    async symbols() {
      return (await read("Symbols", "/api/symbols", SymbolList)).items;
    },
    async bars({ symbol, interval, from, to, limit }) {
      const query = new URLSearchParams({ symbol, interval });
      if (from !== undefined) query.set("from", String(Math.floor(from)));
      if (to !== undefined) query.set("to", String(to));
      if (limit !== undefined) query.set("limit", String(limit));
      return await read(`${interval} candles of ${symbol}`, `/api/bars?${query}`, BarList);
    },
    async gaps(limit) {
      return (await read("Gaps", `/api/gaps?limit=${limit}`, GapList)).items;
    },
    async alerts(limit) {
      return (await read("Alerts", `/api/alerts?limit=${limit}`, AlertList)).items;
    },
    async watch(symbol) {
      const request = { method: "POST", body: JSON.stringify({ symbols: [symbol] }) };
      return said(await ask(symbol, "/api/symbols", Changed, request, CHANGE_DEADLINE_MS));
    },
    async unwatch(symbol) {
      const path = `/api/symbols/${encodeURIComponent(symbol)}`;
      return said(await ask(symbol, path, Changed, { method: "DELETE" }, CHANGE_DEADLINE_MS));
    },
    async signals(symbol, limit) {
      const query = new URLSearchParams({ symbol, limit: String(limit) });
      return (await read(`Signals of ${symbol}`, `/api/signals?${query}`, SignalList)).items;
    },
  };
}

const said = ({ items }: z.infer<typeof Changed>): string => items.map(({ text }) => text).join(" ");
