import type { Transport } from "../stream/client.ts";

export interface Attempt {
  readonly url: string;
  readonly lastEventId: string | null;
  readonly aborted: () => boolean;
  opened(): void;
  text(chunk: string): void;
  event(event: string, data: unknown, id?: string): void;
  closed(problem: string, retryAfterMs?: number): void;
}

/** Connections that a test opens, feeds and breaks by hand. */
export function makeFakeTransport(): { transport: Transport; attempts: Attempt[]; last(): Attempt } {
  const attempts: Attempt[] = [];
  return {
    attempts,
    last: () => {
      const attempt = attempts.at(-1);
      if (attempt === undefined) throw new Error("nothing was opened");
      return attempt;
    },
    transport: {
      open({ url, lastEventId }, on) {
        let aborted = false;
        attempts.push({
          url,
          lastEventId,
          aborted: () => aborted,
          opened: on.opened,
          text: on.text,
          event: (event, data, id) =>
            on.text(`${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
          closed: (problem, retryAfterMs) => on.closed(problem, retryAfterMs ?? null),
        });
        return () => {
          aborted = true;
        };
      },
    },
  };
}
