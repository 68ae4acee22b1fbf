import { z } from "zod";
import { Alert } from "../../core/messages/alert.ts";
import { Bar } from "../../core/messages/bar.ts";
import { Book } from "../../core/messages/book.ts";
import { Features } from "../../core/messages/features.ts";
import { Gap } from "../../core/messages/gap.ts";
import { Signal } from "../../core/messages/signal.ts";
import { Status } from "../../core/messages/status.ts";
import { SystemAlert } from "../../core/messages/system-alert.ts";
import type { SseEvent } from "../stream/sse-parser.ts";

const Reset = z.object({ reason: z.string().max(1_000).catch("") });

/** What the page understands of the stream; `null` stands for an event of a newer server, which is no mistake. */
export type PageEvent =
  | { readonly event: "bar"; readonly record: Bar }
  | { readonly event: "alert"; readonly record: Alert }
  | { readonly event: "gap"; readonly record: Gap }
  | { readonly event: "features"; readonly record: Features }
  | { readonly event: "book"; readonly record: Book }
  | { readonly event: "signal"; readonly record: Signal }
  | { readonly event: "system_alert"; readonly record: SystemAlert }
  | { readonly event: "status"; readonly record: Status }
  | { readonly event: "reset"; readonly record: z.infer<typeof Reset> };

const SCHEMAS = {
  bar: Bar,
  alert: Alert,
  gap: Gap,
  features: Features,
  book: Book,
  signal: Signal,
  system_alert: SystemAlert,
  status: Status,
  reset: Reset,
} as const;
type Known = keyof typeof SCHEMAS;

export type Read = { readonly ok: PageEvent } | { readonly unknown: string } | { readonly bad: string };

/** Bytes → a record, or why not. Nothing that fails its schema reaches a store. */
export function readEvent({ event, data }: SseEvent): Read {
  if (!Object.hasOwn(SCHEMAS, event)) return { unknown: event };
  let raw: unknown;
  try {
    raw = JSON.parse(data);
  } catch {
    return { bad: `${event}: not JSON` };
  }
  const parsed = SCHEMAS[event as Known].safeParse(raw);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return { bad: `${event}: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}` };
  }
  return { ok: { event, record: parsed.data } as PageEvent };
}
