import { afterEach, expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Watched } from "../../core/messages/index.ts";
import type { Feed } from "../../core/ports/feed.ts";
import { TOPICS } from "../../core/topics.ts";
import { createMemoryBus } from "../../server/bus/memory/memory-bus.ts";
import { systemClock } from "../../server/clock.ts";
import { WatchList } from "./watch-list.ts";
import { answerWishes } from "./watch-wishes.ts";

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "tapebell-watch-"));
  open.push(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

const done = (symbol: string, outcome: Watched["outcome"]): Watched => ({ symbol, outcome, text: "" });

test("what was added and removed is there after a restart; removed again it is neither", async () => {
  const dir = join(await folder(), "live");
  const problems: string[] = [];
  const list = await WatchList.load(dir, (text) => problems.push(text));
  await list.note([
    done("A", "added"),
    done("B", "removed"),
    done("C", "unknown_symbol"),
    done("D", "already_watched"),
  ]);
  await list.note([done("E", "added"), done("A", "removed"), done("B", "added")]);
  const again = await WatchList.load(dir, (text) => problems.push(text));
  expect(again.changes).toEqual({ added: ["E", "B"], removed: ["A"] });
  expect(problems).toEqual([]);
});

test("a file that cannot be read is said, and costs no start", async () => {
  const dir = await folder();
  await writeFile(join(dir, "watch-list.json"), '{"added": 5');
  const problems: string[] = [];
  const list = await WatchList.load(dir, (text) => problems.push(text));
  expect(list.changes).toEqual({ added: [], removed: [] });
  expect(problems[0]).toContain("watch-list.json cannot be read");
});

async function wishes(feed: Pick<Feed, "watch">, list: WatchList | null) {
  const bus = createMemoryBus(systemClock);
  await bus.ensureTopics([TOPICS.control]);
  const stop = new AbortController();
  const over = answerWishes({
    bus,
    clock: systemClock,
    feed: feed as Feed,
    list,
    from: 0,
    signal: stop.signal,
    onProblem: () => undefined,
  });
  open.push(async () => {
    stop.abort();
    await over;
    await bus.close();
  });
  return async (...texts: string[]): Promise<unknown> => {
    const { first } = await bus.publish(TOPICS.control.name, 0, texts);
    for await (const { values } of bus.follow(TOPICS.control.name, 0, first + texts.length))
      return JSON.parse(values[0]!);
    return null;
  };
}

const wish = (id: string, symbol: string) =>
  JSON.stringify({ kind: "watch_request", id, action: "add", symbols: [symbol], ts_ms: 1 });

test("a wish is done, noted, then answered; what is no wish is passed over", async () => {
  const list = await WatchList.load(await folder(), () => undefined);
  const ask = await wishes({ watch: async (_action, symbols) => symbols.map((one) => done(one, "added")) }, list);
  const answer = await ask("no json", '{"kind":"watch_answer","id":"a"}', wish("1", "ETHUSDT"));
  expect(answer).toMatchObject({ kind: "watch_answer", id: "1", items: [{ symbol: "ETHUSDT", outcome: "added" }] });
  expect(list.changes.added).toEqual(["ETHUSDT"]);
});

test("where the symbols are fixed, that is the answer", async () => {
  const ask = await wishes({}, null);
  const answer = (await ask(wish("1", "ETHUSDT"))) as { items: Watched[] };
  expect(answer.items[0]).toMatchObject({ outcome: "symbols_fixed" });
  expect(answer.items[0]!.text).toContain("fixed");
});
