import { z } from "zod";
import { Origin, Price, SymbolName } from "./common.ts";

/** The sampled price of a symbol: last trade, or quote mid where a venue has no trades. */
export const PriceRecord = z.object({
  kind: z.literal("price"),
  origin: Origin.optional(),
  symbol: SymbolName,
  price: Price,
  time: z.iso.datetime({ offset: true }),
});
export type PriceRecord = z.infer<typeof PriceRecord>;
