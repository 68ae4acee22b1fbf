import type { Readable } from "node:stream";
import { TapebellError } from "../../../core/errors.ts";
import type { StopSignal } from "../../../core/ports/signal.ts";
import { openInput } from "../../ndjson/lines.ts";

export interface SourceOptions {
  /** A server that sends nothing for so long has failed; 0 = it may be quiet for ever. */
  readonly stall_ms: number;
  readonly signal: StopSignal;
  /** Read where the source is `-`. */
  readonly stdin: Readable;
}

/** Not a stream of Node's: when one breaks off, it throws away what it has and nobody has read yet. */
export type Bytes = AsyncIterable<Uint8Array | string>;

export const STALL_MS = 30_000;

const outside = (code: string, message: string, hint: string, cause?: unknown): TapebellError =>
  new TapebellError("outside", code, message, { hint, cause });

export const isUrl = (source: string): boolean => /^https?:\/\//i.test(source);

/** How the source is called in messages: an address may carry a password or a key. */
export function nameOf(source: string): string {
  if (!isUrl(source) || !URL.canParse(source)) return source;
  const { origin, pathname } = new URL(source);
  return `${origin}${pathname}`;
}

/**
 * The bytes of a file, of standard input (`-`) or of a server, once, read no faster than they are used. A server has
 * answered when this resolves.
 */
export async function openSource(source: string, options: SourceOptions): Promise<Bytes> {
  if (isUrl(source)) {
    if (URL.canParse(source)) return download(source, options);
    throw new TapebellError("usage", "bad_source", `${source.slice(0, 200)} is no address`, {
      hint: "give a file or http://host/path",
    });
  }
  const input = openInput(source, options.stdin);
  options.signal.addEventListener("abort", () => input.destroy());
  return input;
}

/** One request. What breaks off is an error and not an end, and is not asked for again: it would begin at the start. */
async function download(url: string, { stall_ms, signal }: SourceOptions): Promise<Bytes> {
  const name = nameOf(url);
  const cancel = new AbortController();
  const stop = (): void => cancel.abort();
  signal.addEventListener("abort", stop);
  if (signal.aborted) cancel.abort();
  const done = (): void => {
    signal.removeEventListener("abort", stop);
    cancel.abort();
  };
  const failed = (cause: unknown): unknown => {
    if (signal.aborted || cause instanceof TapebellError) return cause;
    const hint = "look whether it runs; what was read until then was used";
    const { code, message } = cause as NodeJS.ErrnoException;
    return outside("source_broken", `${name} broke off: ${code ?? message}`, hint, cause);
  };
  const inTime = <T>(work: Promise<T>): Promise<T> => within(work, stall_ms, name);
  try {
    const headers = { Accept: "application/x-ndjson, */*" };
    const response = await inTime(fetch(url, { signal: cancel.signal, headers, timeout: false }));
    if (!response.ok || response.body === null) {
      throw outside("source_refused", `${name} answers ${response.status}`, "look whether it serves ticks there");
    }
    const reader = response.body.getReader();
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for (let next = await inTime(reader.read()); !next.done; next = await inTime(reader.read())) {
          if (next.value.length > 0) yield next.value;
        }
      } catch (cause) {
        throw failed(cause);
      } finally {
        done();
      }
    };
    return chunks();
  } catch (cause) {
    done();
    throw failed(cause);
  }
}

async function within<T>(work: Promise<T>, stall_ms: number, name: string): Promise<T> {
  if (stall_ms === 0) return work;
  const late = Promise.withResolvers<never>();
  const text = `${name} has sent nothing for ${stall_ms / 1_000} s`;
  const timer = setTimeout(
    () => late.reject(outside("source_stalled", text, "a source that may be quiet needs a longer --stall-sec")),
    stall_ms,
  );
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
    // What loses the race ends by the cancelled request; nobody waits for its error.
    work.catch(() => undefined);
  }
}
