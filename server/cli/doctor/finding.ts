import { TapebellError } from "../../../core/errors.ts";

export interface Finding {
  readonly ok: boolean;
  readonly text: string;
  /** What a person does about it; with a good finding, what would be better still. */
  readonly mend?: string;
}

export const ok = (text: string): Finding => ({ ok: true, text });

/** What kept a part from working, in its own words. */
export function problem(part: string, cause: unknown): Finding {
  const text = `${part}: ${cause instanceof Error ? cause.message : String(cause)}`;
  const mend = cause instanceof TapebellError ? cause.hint : undefined;
  return mend === undefined ? { ok: false, text } : { ok: false, text, mend };
}

/** One line, whatever the message. */
export function lineOf({ ok, text, mend }: Finding): string {
  const line = `${ok ? "ok      " : "problem "}${text}${mend === undefined ? "" : ` — ${mend}`}`;
  return line.replace(/\s*\n\s*/g, " ");
}
