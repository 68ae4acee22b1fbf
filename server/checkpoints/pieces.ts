/** How long the thread is kept before others have their turn. */
const SLICE_MS = 8;
/** Down to one symbol's part of one stage, and its long lists: anything below is put into words at once. */
const DEPTH = 7;

/** `JSON.stringify(value)` in pieces. */
function* pieces(value: unknown, depth: number): Generator<string> {
  if (depth === 0 || typeof value !== "object" || value === null || Array.isArray(value)) {
    yield JSON.stringify(value);
    return;
  }
  let lead = "{";
  for (const key in value) {
    const inner = (value as Record<string, unknown>)[key];
    if (inner === undefined) continue;
    yield `${lead}${JSON.stringify(key)}:`;
    yield* pieces(inner, depth - 1);
    lead = ",";
  }
  yield lead === "{" ? "{}" : "}";
}

export interface Worded {
  /** Compressed, each by itself: numbers in words are several times longer than they need be, on disk and while they wait. */
  readonly parts: readonly Uint8Array[];
  /** Time this took of the thread. */
  readonly busy_ms: number;
}

const JOIN_CHARS = 262_144;

const compressed = (text: string): Uint8Array => Bun.zstdCompressSync(text, { level: 1 });

/** What the parts, one behind the other, say. */
export const inText = (parts: Uint8Array): string => new TextDecoder().decode(Bun.zstdDecompressSync(parts));

/**
 * A large state put into words without keeping the thread from its other work for long. What fits into one slice is done
 * before this returns; the value must stay as it is until the promise resolves.
 */
export function inWords(value: object): Promise<Worded> {
  const parts: Uint8Array[] = [];
  const all = pieces(value, DEPTH);
  let gathered = "";
  let busy_ms = 0;
  /** True when there is nothing left. */
  const slice = (): boolean => {
    const begun_ms = performance.now();
    for (;;) {
      const { value: piece, done } = all.next();
      if (done === true) {
        parts.push(compressed(gathered));
        busy_ms += performance.now() - begun_ms;
        return true;
      }
      gathered += piece;
      if (gathered.length < JOIN_CHARS) continue;
      parts.push(compressed(gathered));
      gathered = "";
      const spent_ms = performance.now() - begun_ms;
      if (spent_ms < SLICE_MS) continue;
      busy_ms += spent_ms;
      return false;
    }
  };
  if (slice()) return Promise.resolve({ parts, busy_ms });
  return (async () => {
    do await new Promise<void>((resolve) => setImmediate(resolve));
    while (!slice());
    return { parts, busy_ms };
  })();
}
