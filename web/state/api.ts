import { z } from "zod";
import { Alert } from "../../core/messages/alert.ts";
import { Bar } from "../../core/messages/bar.ts";
import { EpochMs, Price, SymbolName } from "../../core/messages/common.ts";
import { Gap } from "../../core/messages/gap.ts";
import { Signal } from "../../core/messages/signal.ts";

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
  /** Of one symbol, newest first. */
  signals(symbol: string, limit: number): Promise<readonly Signal[]>;
}

/** The part of `fetch` that is used here. */
export type Fetch = (url: string, init: { signal: AbortSignal; headers: Record<string, string> }) => Promise<Response>;

const DEADLINE_MS = 10_000;

export function makeApi({ fetch, base = "" }: { fetch: Fetch; base?: string }): Api {
  const read = async <T>(what: string, path: string, schema: z.ZodType<T>): Promise<T> => {
    let response: Response;
    try {
      response = await fetch(base + path, {
        signal: AbortSignal.timeout(DEADLINE_MS),
        headers: { accept: "application/json" },
      });
    } catch (error) {
      const late = error instanceof Error && error.name === "TimeoutError";
      throw new ApiProblem(
        late ? `${what}: no answer within ${DEADLINE_MS / 1_000} s.` : `${what}: the server cannot be reached.`,
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
    async signals(symbol, limit) {
      const query = new URLSearchParams({ symbol, limit: String(limit) });
      return (await read(`Signals of ${symbol}`, `/api/signals?${query}`, SignalList)).items;
    },
  };
}
