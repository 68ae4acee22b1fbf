/** Whether trying again can help, and whose fault it is. */
export type ErrorKind =
  | "usage" // a wrong flag, setting or request: the person can mend it
  | "outside" // a venue, server or disk misbehaved: worth another try
  | "corrupt" // stored data cannot be read
  | "bug"; // a broken invariant of ours: stop the worker

/** Says what happened, to which thing, and what to do next. */
export class TapebellError extends Error {
  readonly kind: ErrorKind;
  /** Stable, snake_case; the `code` of problem+json and of log lines. */
  readonly code: string;
  readonly hint: string | undefined;

  constructor(kind: ErrorKind, code: string, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "TapebellError";
    this.kind = kind;
    this.code = code;
    this.hint = options.hint;
  }
}

/** Ours to keep true; when it is not, numbers on screen may be false, and a restart is kinder. */
export function invariant(condition: unknown, what: string): asserts condition {
  if (!condition) throw new TapebellError("bug", "invariant", `broken invariant: ${what}`);
}
