import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { MarketRecord } from "../../../core/messages/index.ts";
import type { FeedSink } from "../../../core/ports/feed.ts";
import { frameLine, headerLine } from "../capture/recording.ts";
import { fakeClock } from "../test-support/fake-clock.ts";
import { createReplayFeed } from "./feed.ts";

const T0 = 1_700_000_000_000;

class Heard implements FeedSink {
  readonly records: MarketRecord[] = [];
  readonly rejected: string[] = [];
  emit = async (records: readonly MarketRecord[]): Promise<void> => void this.records.push(...records);
  status = (): void => undefined;
  reject = (reason: string): void => void this.rejected.push(reason);
  trades = () => this.records.filter((record) => record.kind === "trade");
}

async function play(text: string, heard: Heard): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "tapebell-recording-"));
  try {
    const source = join(dir, "recording");
    writeFileSync(source, text);
    const feed = createReplayFeed({ source, speed: null, late_ms: 500, clock: fakeClock(), stdin: Readable.from([]) });
    await feed.run(heard, new AbortController().signal);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

test("a recording of a venue is played as frames, its books too; its receive times tell everybody the time", async () => {
  const frame = (recv_ms: number, stream: string, data: object): string =>
    `${frameLine(T0 + recv_ms, JSON.stringify({ stream, data }))}\n`;
  const trade = (n: number): string =>
    frame(n * 400, "btcusdt@trade", {
      e: "trade",
      E: T0,
      s: "BTCUSDT",
      t: n,
      p: "100.5",
      q: "1",
      T: T0 + n * 400 - 20,
      m: true,
    });
  const head = headerLine({ recording: 1, venue: "binance", symbols: ["BTCUSDT"], began_ms: T0 });
  const book = frame(1, "btcusdt@depth@100ms", {
    e: "depthUpdate",
    E: T0,
    s: "BTCUSDT",
    U: 11,
    u: 12,
    b: [["99.0", "3"]],
    a: [],
  });
  const asked = "https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=5000\n";
  const answer = `${frameLine(T0, '{"lastUpdateId":10,"bids":[["98.0","1"]],"asks":[["101.0","2"]]}')}\n`;
  const heard = new Heard();
  await play(`${head}\n${asked}${answer}${book}${[1, 2, 3, 4, 5, 6].map(trade).join("")}`, heard);
  expect(heard.trades().map(({ seq, origin, recv_ms }) => [seq, origin, Number(recv_ms) - T0])).toEqual(
    [1, 2, 3, 4, 5, 6].map((n) => [n, "replay", n * 400]),
  );
  expect(heard.records.filter(({ kind }) => kind === "book").at(-1)).toMatchObject({
    bids: [
      [99, 3],
      [98, 1],
    ],
    asks: [[101, 2]],
  });
  const beats = heard.records.filter((record) => record.kind === "heartbeat");
  expect(beats.map(({ ts_ms }) => ts_ms - T0)).toEqual([-100, 1_100, 2_880]);
});

test("a recording of a venue that is not known here says so", async () => {
  const head = headerLine({ recording: 1, venue: "nowhere", symbols: [], began_ms: T0 });
  await expect(play(`${head}\n`, new Heard())).rejects.toThrow("nowhere");
});
