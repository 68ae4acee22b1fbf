import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { cursorOf, type ListPlace } from "../../../db/index.ts";
import type { ListPage } from "../../cache/lists.ts";
import { type Env, listJson, withEtag } from "./route.ts";

export const CURSOR_MAX = 1_200;
export const NOT_OURS = "not a cursor of this server; use `next` as it came";

const TIME_MAX_MS = 8.64e15;

/** Null when it is no cursor of ours, or one that no list of ours could have given. */
export function placeOf(text: string): ListPlace | null {
  try {
    const place = cursorOf(text);
    return Math.abs(place.time_ms) <= TIME_MAX_MS && place.id.isWellFormed() ? place : null;
  } catch {
    return null;
  }
}

/** Where a list goes on. */
export const Place = z
  .string()
  .max(CURSOR_MAX, "longer than any cursor")
  .transform((text, context): ListPlace => {
    const place = placeOf(text);
    if (place !== null) return place;
    context.addIssue({ code: "custom", message: NOT_OURS });
    return z.NEVER;
  })
  .openapi({ type: "string", description: "`next` of the page before" });

export const Complete = z
  .boolean()
  .openapi({ description: "False: the store is away or behind, and older records than these may exist" });

export const listAnswer = (c: Context<Env>, { items, next, complete }: ListPage): Response =>
  withEtag(c, listJson(items, next, { complete }));
