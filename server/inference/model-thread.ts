import type { Answer, Evaluated, Evaluator } from "./evaluator.ts";
import { firstLine, openEvaluator } from "./evaluator.ts";

declare const self: Worker;

export type ToModelThread =
  | { readonly t: "load"; readonly model: Evaluated; readonly done: Int32Array<SharedArrayBuffer> }
  /** Rows one after the other, `width` numbers each. */
  | { readonly t: "run"; readonly rows: Float64Array<ArrayBuffer>; readonly width: number };

export type FromModelThread =
  | { readonly t: "loaded" }
  | { readonly t: "refused"; readonly text: string }
  /** The runtime broke: this thread is of no more use. */
  | { readonly t: "fell"; readonly text: string }
  | { readonly t: "answers"; readonly answers: readonly Answer[]; readonly ms: number };

/** A model in a thread of its own, so that whatever it does it can be ended. */
function runModelThread(): void {
  const tell = (message: FromModelThread): void => postMessage(message);
  let evaluator: Evaluator | null = null;
  /** Counts rows as they are done: who waits sees that it goes on, however many rows there are. */
  let done = new Int32Array(new SharedArrayBuffer(4));

  async function load(model: Evaluated): Promise<void> {
    try {
      evaluator = await openEvaluator(model);
      tell({ t: "loaded" });
    } catch (cause) {
      tell({ t: "refused", text: firstLine(cause) });
    }
  }

  async function run(rows: Float64Array, width: number): Promise<void> {
    const answers: Answer[] = [];
    const begun_ms = performance.now();
    for (let at = 0; at < rows.length; at += width) {
      const answer = await evaluator!.evaluate(rows.subarray(at, at + width));
      answers.push(answer);
      Atomics.add(done, 0, 1);
    }
    tell({ t: "answers", answers, ms: performance.now() - begun_ms });
  }

  self.onmessage = ({ data }: MessageEvent<ToModelThread>) => {
    if (data.t === "run") run(data.rows, data.width).catch((cause) => tell({ t: "fell", text: firstLine(cause) }));
    else {
      done = data.done;
      void load(data.model);
    }
  };
}

if (!Bun.isMainThread) runModelThread();
