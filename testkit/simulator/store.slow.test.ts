import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TapebellError } from "../../core/errors.ts";
import type { Bar, Gap } from "../../core/messages/index.ts";
import type { Source, Store, WriteResult } from "../../core/ports/store.ts";
import { embeddedIn, openStore, startEmbedded } from "../../db/index.ts";
import { lendStore } from "../../db/test-support/made-store.ts";
import { bar, gap } from "../../db/test-support/samples.ts";
import { NO_FAULTS } from "./faults.ts";
import { Random } from "./random.ts";
import { Scheduler } from "./scheduler.ts";
import { BARS, GAPS, SimStore } from "./store.ts";

type Call = { readonly source: Source | null } & ({ readonly bars: Bar[] } | { readonly gaps: Gap[] });

/** Few keys, positions and revisions, so that every rule of the gate and of the better row is met many times. */
function drawCall(random: Random): Call {
  const topic = random.pick(["tape.bars", "tape.gaps"]);
  const position = random.between(1, 60);
  const from = random.chance(0.7) ? { from: Math.max(0, position - random.between(0, 12)) } : {};
  const source = { reader: "persist", log_id: random.pick(["log-1", "log-2"]), topic, partition: 0, position, ...from };
  const rows = random.below(6);
  const given = random.chance(0.8) ? source : null;
  if (topic === "tape.gaps") {
    const one = (): Gap => gap({ id: `gap-${random.below(5)}`, revision: random.below(9), to_seq: random.below(99) });
    return { source: given, gaps: Array.from({ length: rows }, one) };
  }
  const one = (): Bar =>
    bar({
      symbol: `S${random.below(4)}`,
      trade_count: random.below(4),
      revision: random.below(6),
      close: random.next(),
    });
  return { source: given, bars: Array.from({ length: rows }, one) };
}

type Answer = WriteResult | string;

const answerOf = async (write: () => WriteResult | Promise<WriteResult>): Promise<Answer> => {
  try {
    return await write();
  } catch (cause) {
    return cause instanceof TapebellError ? cause.code : String(cause);
  }
};

test("the simulated store answers and holds what the real one does", async () => {
  const dir = mkdtempSync(join(tmpdir(), "tapebell-sim-store-"));
  lendStore(embeddedIn(dir).folder);
  const database = await startEmbedded({ ...embeddedIn(dir), backup_every_ms: 0 });
  const real: Store = await openStore({ kind: "embedded", port: database.port() }, "live");
  try {
    const random = new Random(7, "calls");
    const simulated = new SimStore(new Scheduler(0, random), NO_FAULTS, random);
    const answers = new Set<string>();
    for (let n = 0; n < 400; n++) {
      const call = drawCall(random);
      const { source } = call;
      const right = await answerOf(() =>
        "bars" in call ? real.writeBars(source, call.bars) : real.writeGaps(source, call.gaps),
      );
      const ours = await answerOf(() =>
        "bars" in call ? simulated.write(BARS, source, call.bars) : simulated.write(GAPS, source, call.gaps),
      );
      expect({ n, answer: ours }).toEqual({ n, answer: right });
      answers.add(typeof right === "string" ? right : `applied ${right.applied}`);
    }
    expect([...answers].sort()).toEqual(["applied false", "applied true", "store_behind"]);
    for (const symbol of ["S0", "S1", "S2", "S3"]) {
      const { items } = await real.readBars({ symbol, interval: "1m", limit: 10 });
      expect([...simulated.rows(BARS).values()].filter((one) => one.symbol === symbol)).toEqual([...items]);
    }
    const { items } = await real.readGaps({ limit: 100 });
    const byId = (a: Gap, b: Gap): number => (a.id < b.id ? -1 : 1);
    expect(
      [...simulated.rows(GAPS).values()].sort(byId).map(({ id, revision, to_seq }) => ({ id, revision, to_seq })),
    ).toEqual([...items].sort(byId).map(({ id, revision, to_seq }) => ({ id, revision, to_seq })));
  } finally {
    await real.close();
    await database.close();
    rmSync(dir, { recursive: true, force: true });
  }
}, 60_000);
