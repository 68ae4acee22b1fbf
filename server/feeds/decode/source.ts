import type { Item, ParseContext } from "../venue.ts";
import { symbolText } from "./fields.ts";

const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/** The frame being read: its text, and where what it says goes. */
export interface Source {
  readonly text: string;
  readonly recv_ms: number;
  readonly context: ParseContext;
  readonly emit: (item: Item) => void;
}

export const sourceOf = (
  frame: Uint8Array | string,
  recv_ms: number,
  context: ParseContext,
  emit: (item: Item) => void,
): Source => ({ text: typeof frame === "string" ? frame : DECODER.decode(frame), recv_ms, context, emit });

/** The frame's value; undefined, after saying so, when it is no JSON. `text`: where the venue's own text is not the one to read. */
export function jsonValue(source: Source, text = source.text): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    unknown(source, "it is no JSON");
    return undefined;
  }
}

/** Names asked for so far, per context; an attacker's many begin it anew. */
const names = new WeakMap<ParseContext, Map<string, string | null>>();
const NAMES_MAX = 4_096;

/** Our name of a venue's symbol; null when either cannot be one. */
export function ourSymbol(value: unknown, { context }: Source): string | null {
  if (typeof value !== "string") return null;
  let known = names.get(context);
  if (known === undefined || known.size >= NAMES_MAX) {
    known = new Map();
    names.set(context, known);
  }
  let symbol = known.get(value);
  if (symbol === undefined) {
    const venueSymbol = symbolText(value);
    symbol = venueSymbol === null ? null : symbolText(context.symbolOf(venueSymbol));
    if (venueSymbol !== null) known.set(value, symbol);
  }
  return symbol;
}

/** Says that nobody knows the frame, and is nothing: what a reader answers then. */
export function unknown({ emit, text, recv_ms }: Source, why: string): null {
  emit({ kind: "unknown", text, recv_ms, why });
  return null;
}

/** A frame that is as it should be, and tells no trade of the market. */
export function noMarket(source: Source, reason: string, detail: string, symbol?: string, seq?: number): null {
  const { emit } = source;
  const soundly = (item: Item): void => emit(item.kind === "rejected" ? { ...item, is_sound: true } : item);
  return rejected({ ...source, emit: soundly }, reason, detail, symbol, seq);
}

/** Says what is wrong, and is nothing. Symbol and id, where they could be read, say which trade is missing. */
export function rejected(source: Source, reason: string, detail: string, symbol?: string, seq?: number): null {
  const { emit, text, recv_ms } = source;
  emit({
    kind: "rejected",
    reason,
    detail,
    text,
    recv_ms,
    ...(symbol === undefined ? {} : { symbol }),
    ...(seq === undefined ? {} : { seq }),
  });
  return null;
}
