import type { Item, Parse, ParseContext } from "../venue.ts";

const TEXT_MAX = 16_384;

/** What a frame holds, item by item; true when data was among it. A parser that fails costs this frame and is said. */
export function read(
  parse: Parse,
  data: Uint8Array | string,
  recv_ms: number,
  context: ParseContext,
  emit: (item: Item) => void,
): boolean {
  let hasData = false;
  try {
    parse(data, recv_ms, context, (item) => {
      hasData ||= isData(item);
      emit(item);
    });
  } catch (cause) {
    const text = typeof data === "string" ? data : new TextDecoder().decode(data.subarray(0, TEXT_MAX));
    const detail = cause instanceof Error ? cause.message : String(cause);
    emit({ kind: "rejected", reason: "parser_failed", detail, text: text.slice(0, TEXT_MAX), recv_ms });
  }
  return hasData;
}

const isData = ({ kind }: Item): boolean =>
  kind === "trade" || kind === "quote" || kind === "price" || kind === "book_update";
