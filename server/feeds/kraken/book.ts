import { crc32 } from "node:zlib";
import { isAmount, isPrice } from "../../../core/messages/common.ts";
import { decimalText, type Fields, isFields, shown, wholeNumber } from "../decode/fields.ts";
import { isoTime } from "../decode/iso-time.ts";
import type { Level } from "../decode/levels.ts";
import { LEVELS_MAX } from "../decode/limits.ts";
import { bookOf } from "../decode/records.ts";
import { ourSymbol, rejected, type Source } from "../decode/source.ts";

type Texts = readonly (readonly [string, string])[];

/** Levels of each side that the checksum covers, however deep the book. */
const CHECKED = 10;
const CRC_MAX = 0xffffffff;

/** Numbers of a book are read as the texts they are: the checksum is of the texts, zeros at the end included. */
export const withTexts = (frame: string): string =>
  frame.replace(/("(?:price|qty)"\s*:\s*)(-?\d[\d.eE+-]*)/g, '$1"$2"');

export function readBook(one: Fields, type: unknown, source: Source) {
  const { context, recv_ms, emit } = source;
  const symbol = ourSymbol(one.symbol, source);
  if (symbol === null) return rejected(source, "symbol", `symbol is ${shown(one.symbol)}`);
  if (type !== "snapshot" && type !== "update") return rejected(source, "form", `type is ${shown(type)}`, symbol);
  const checksum = wholeNumber(one.checksum);
  if (checksum < 0 || checksum > CRC_MAX) return rejected(source, "checksum", `it is ${shown(one.checksum)}`, symbol);
  const ts_ms = one.timestamp === undefined ? recv_ms : isoTime(one.timestamp);
  if (ts_ms < 0) return rejected(source, "time", `timestamp is ${shown(one.timestamp)}`, symbol);
  const bids = levels(one.bids);
  const asks = levels(one.asks);
  if (typeof bids === "string") return rejected(source, "level", `bids: ${bids}`, symbol);
  if (typeof asks === "string") return rejected(source, "level", `asks: ${asks}`, symbol);
  emit(
    bookOf(context, {
      symbol,
      ts_ms,
      recv_ms,
      snapshot: type === "snapshot",
      seq: null,
      bids: bids.values,
      asks: asks.values,
      checksum,
      texts: { bids: bids.texts, asks: asks.texts },
    }),
  );
}

function levels(list: unknown): { readonly values: Level[]; readonly texts: Texts } | string {
  if (!Array.isArray(list)) return `levels are ${shown(list)}`;
  if (list.length > LEVELS_MAX) return `there are ${list.length} levels`;
  const values: Level[] = [];
  const texts: [string, string][] = [];
  for (const one of list as unknown[]) {
    if (!isFields(one)) return `a level is ${shown(one)}`;
    const price = decimalText(one.price);
    const size = decimalText(one.qty);
    if (!isPrice(price) || !isAmount(size)) return `a level is ${shown(one)}`;
    values.push([price, size]);
    texts.push([one.price as string, one.qty as string]);
  }
  return { values, texts };
}

/**
 * The venue's CRC32: of the ten best asks, then the ten best bids, price and size of each without dot and leading zeros.
 * All prices of a pair have the same number of decimals, and so have all sizes: where zeros at the end were lost on the
 * way, the longest among them says how many there are.
 */
export function checksum(bids: Texts, asks: Texts): number {
  const best = [...asks.slice(0, CHECKED), ...bids.slice(0, CHECKED)];
  const priceDecimals = Math.max(0, ...best.map(([price]) => decimals(price)));
  const sizeDecimals = Math.max(0, ...best.map(([, size]) => decimals(size)));
  return crc32(best.map(([price, size]) => digits(price, priceDecimals) + digits(size, sizeDecimals)).join(""));
}

function decimals(text: string): number {
  const dot = text.indexOf(".");
  return dot < 0 ? 0 : text.length - dot - 1;
}

const digits = (text: string, width: number): string =>
  (text.replace(".", "") + "0".repeat(width - decimals(text))).replace(/^0+/, "");
