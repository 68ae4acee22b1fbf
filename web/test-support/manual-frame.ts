import { type Frame, makeFrame } from "../state/frame.ts";

/** A frame that is drawn when the test says so. */
export function makeManualFrame(): { frame: Frame; draw(): void; requests(): number } {
  let pending: (() => void)[] = [];
  let requests = 0;
  return {
    frame: makeFrame((run) => {
      requests += 1;
      pending.push(run);
    }),
    draw() {
      const now = pending;
      pending = [];
      for (const run of now) run();
    },
    requests: () => requests,
  };
}
