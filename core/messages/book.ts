import { z } from "zod";
import { Amount, EpochMs, Origin, Price, SymbolName } from "./common.ts";

/** Levels of each side that a record shows. */
export const BOOK_LEVELS = 20;

const Levels = z.array(z.tuple([Price, Amount])).max(BOOK_LEVELS);

/** The best levels of an order book after one applied update. */
export const Book = z.object({
  ver: z.literal(1).default(1),
  kind: z.literal("book"),
  origin: Origin.optional(),
  provider: z.string().min(1).max(64),
  symbol: SymbolName,
  ts_ms: EpochMs,
  recv_ms: EpochMs.optional(),
  /** The venue's id of the update, 0 where it has none. */
  seq: z.number().min(0).default(0),
  event_id: z.string().min(1).max(300),
  /** [price, size], best first. */
  bids: Levels,
  asks: Levels,
  /** How many levels of a side are known, the longer one: what stands above is the best of them. */
  depth: z.number().int().min(0),
  /** What the venue's checksum said; null where it states none. False: this book is wrong and is being read anew. */
  checksum_ok: z.boolean().nullable(),
});
export type Book = z.infer<typeof Book>;
