import { z } from "zod";
import { Origin } from "./common.ts";

/** A piece of news as its publisher worded it. `news` states even revisions, the sentiment enricher the odd ones after. */
export const Headline = z.object({
  kind: z.literal("headline"),
  origin: Origin.optional(),
  /** Hash of the canonical link, else of the guid, else of source and title. */
  id: z.string().min(1).max(200),
  revision: z.number().int().min(0),
  /** When it was published; the time of the first statement stays. */
  time: z.iso.datetime({ offset: true }),
  /** Plain text. */
  title: z.string().max(1_000),
  /** The publisher. */
  source: z.string().max(200),
  url: z.string().max(2_000).nullable().default(null),
  /** −1 … 1. */
  sentiment: z.number().min(-1).max(1).nullable().default(null),
  label: z.enum(["positive", "neutral", "negative"]).nullable().optional(),
  confidence: z.number().min(0).max(1).nullable().optional(),
  /** Symbols it speaks of; "*" = the whole market. */
  symbols: z.array(z.string().min(1).max(64)).max(200).default([]),
});
export type Headline = z.infer<typeof Headline>;
