import { afterEach, describe, expect, test } from "bun:test";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import {
  inPieces,
  type Step,
  type TickServer,
  type TickServerOptions,
  tickServer,
} from "../../../testkit/ticks/server.ts";
import { LINE_BYTES_MAX } from "../../ndjson/lines.ts";
import { nameOf, openSource } from "./source.ts";
import { readTicks } from "./ticks.ts";

const servers: TickServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

const tick = (ms: number): string =>
  `${JSON.stringify({ symbol: "X", event_ms: 1_700_000_000_000 + ms, px: 1, sz: 1 })}\n`;
const ticks = (n: number): string => Array.from({ length: n }, (_, i) => tick(i)).join("");

interface Outcome {
  readonly trades: number[];
  readonly bad: string[];
  readonly error: string | null;
  readonly server: TickServer;
}

/** What is read of a server that takes these steps. `onTrade` runs with every trade. */
async function reading(
  steps: Iterable<Step> | (() => Iterable<Step>),
  {
    stall_ms = 20_000,
    stop = new AbortController(),
    onTrade = () => {},
    ...options
  }: TickServerOptions & {
    stall_ms?: number;
    stop?: AbortController;
    onTrade?: (server: TickServer, trades: number) => void | Promise<void>;
  } = {},
): Promise<Outcome> {
  const server = await tickServer(steps, options);
  servers.push(server);
  const trades: number[] = [];
  const bad: string[] = [];
  const { signal } = stop;
  const error = await (async () => {
    const input = await openSource(server.url, { stall_ms, signal, stdin: Readable.from([]) });
    await readTicks(
      input,
      {
        take: (record) => {
          if (record.kind === "trade") trades.push(record.ts_ms - 1_700_000_000_000);
          return onTrade(server, trades.length);
        },
        bad: (_, why) => void bad.push(why),
        settle: () => Promise.resolve(),
      },
      { lines: 0, trades: 0, passed: 0 },
      signal,
    );
    return null;
  })().catch((cause: Error) => cause.message);
  return { trades, bad, error, server };
}

describe("a server of ticks", () => {
  test("half lines are whole ones however they arrive, and one that ends without a newline counts", async () => {
    const steps = [...inPieces(ticks(40).trimEnd(), [1, 7, 300, 2])];
    const { trades, error, server } = await reading(steps);
    expect([trades.length, error, server.asked]).toEqual([40, null, ["/ticks"]]);
  });

  test("the end is the end: it is asked once", async () => {
    const { trades, error, server } = await reading([{ send: ticks(3) }]);
    expect([trades, error, server.asked.length]).toEqual([[0, 1, 2], null, 1]);
  });

  test("compressed, by the server or as a file", async () => {
    const bytes = gzipSync(ticks(50));
    const asFile = await reading([...inPieces(bytes, [10, 99])]);
    const byServer = await reading([{ send: bytes }], { headers: { "Content-Encoding": "gzip" } });
    expect([asFile.trades.length, asFile.error]).toEqual([50, null]);
    expect([byServer.trades.length, byServer.error]).toEqual([50, null]);
  });

  test("cut amid a line: what was whole is used, and it is an error", async () => {
    const seen = Promise.withResolvers<void>();
    const steps: Step[] = [{ send: ticks(2) + tick(2).slice(0, 9) }, { until: seen.promise }, { cut: true }];
    const { trades, error, server } = await reading(steps, { onTrade: (_, n) => void (n === 2 && seen.resolve()) });
    expect([trades, server.asked.length]).toEqual([[0, 1], 1]);
    expect(error).toContain("broke off");
  });

  test("stalled: given up, with what came before", async () => {
    const { trades, error } = await reading([{ send: ticks(2) }, { stall: true }], { stall_ms: 100 });
    expect(trades).toEqual([0, 1]);
    expect(error).toEndWith("has sent nothing for 0.1 s");
  });

  test("never answers: given up", async () => {
    const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    const options = { stall_ms: 100, signal: new AbortController().signal, stdin: Readable.from([]) };
    const opened = openSource(`http://127.0.0.1:${listener.port}/`, options);
    expect(await opened.catch((cause: Error) => cause.message)).toEndWith("has sent nothing for 0.1 s");
    listener.stop(true);
  });

  test("refused, or nobody there", async () => {
    const refused = await reading([{ send: "no" }], { status: 503 });
    expect(refused.error).toEndWith("/ticks answers 503");
    const options = { stall_ms: 5_000, signal: new AbortController().signal, stdin: Readable.from([]) };
    const { url } = refused.server;
    await refused.server.stop();
    servers.splice(0);
    expect(await openSource(url, options).catch((cause: Error) => cause.message)).toContain("broke off");
  });

  test("garbage and a line of 10 MB are bad lines, those between come out", async () => {
    const garbage = Uint8Array.from({ length: 5_000 }, (_, i) => (i * 7_919) % 251).map((b) => (b === 10 ? 11 : b));
    const steps: Step[] = [
      { send: tick(0) },
      { send: garbage },
      { send: `\n${tick(1)}` },
      { longLine: 10 * LINE_BYTES_MAX },
      { send: `\n{"symbol":\n${tick(2)}` },
    ];
    const { trades, bad, error } = await reading(steps);
    expect([trades, error]).toEqual([[0, 1, 2], null]);
    expect(bad).toEqual(["it is no JSON", "it is too long", "it is no JSON"]);
  });

  test("stopped from here: the server sees us go", async () => {
    const stop = new AbortController();
    const steps: Step[] = [{ send: ticks(2) }, { stall: true }];
    const { trades, server } = await reading(steps, { stop, onTrade: (_, n) => void (n === 2 && stop.abort()) });
    expect(trades).toEqual([0, 1]);
    await server.left;
  });

  test("is read no faster than it is used", async () => {
    const piece = ticks(1_000);
    function* many(): Generator<Step> {
      for (let i = 0; i < 2_000; i++) yield { send: piece };
    }
    const stop = new AbortController();
    const total = piece.length * 2_000;
    let sent = 0;
    await reading(many, {
      stop,
      async onTrade(server, n) {
        if (n > 1) return;
        // The reader holds here; the server must come to a halt well before its end.
        for (let before = -1; before !== server.sent; await Bun.sleep(50)) before = server.sent;
        sent = server.sent;
        stop.abort();
      },
    });
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(total / 4);
  });
});

test("what an address says of secrets is not repeated", () => {
  expect(nameOf("https://user:secret@host:8080/ticks?key=secret#x")).toBe("https://host:8080/ticks");
  expect(nameOf("ticks.ndjson")).toBe("ticks.ndjson");
});
