import type { Case } from "./evidence.ts";
import { alertsFinal } from "./invariants/alerts.ts";
import { ackedOnTape, inOrder } from "./invariants/arrival.ts";
import { accounted, barsEqualOracle } from "./invariants/bars.ts";
import { missingSaysSo } from "./invariants/holes.ts";
import { replayExact, saidOnce } from "./invariants/replay.ts";
import { storedOnce } from "./invariants/stored.ts";

export type Violation = { readonly invariant: InvariantName; readonly text: string };

/** Number, name and check of each promise; docs/testkit.md lists the same. */
const INVARIANTS = {
  "1 comes to rest": ({ run }: Case) => [
    ...(run.settled ? [] : ["readers never reached the end of their logs although nothing was wrong any more"]),
    ...run.failures,
  ],
  "2 no acked record lost": ackedOnTape,
  "3 order per partition": inOrder,
  "4 in = out + accounted": accounted,
  "5 bars equal the oracle": barsEqualOracle,
  "6 checkpoint + replay = uninterrupted": replayExact,
  "7 one content per (id, revision)": saidOnce,
  "8 effect once in the store": storedOnce,
  "9 every excursion's final state": alertsFinal,
  "10 what is missing says so": missingSaysSo,
} as const satisfies Record<string, (all: Case) => Iterable<string>>;

export type InvariantName = keyof typeof INVARIANTS;

const SHOWN = 5;

/** What the run broke; of each invariant the first few cases. */
export function check(all: Case): Violation[] {
  return (Object.keys(INVARIANTS) as InvariantName[]).flatMap((invariant) => {
    const found = [...INVARIANTS[invariant](all)];
    const more = found.length > SHOWN ? [`… and ${found.length - SHOWN} more`] : [];
    return [...found.slice(0, SHOWN), ...more].map((text) => ({ invariant, text }));
  });
}
