import { z } from "zod";

/** The first line of a recording of ours, behind a sign that other readers take for a control line. */
const Header = z.object({
  recording: z.literal(1),
  venue: z.string().min(1).max(64),
  symbols: z.array(z.string().max(64)).max(10_000),
  began_ms: z.number(),
});
export type Header = z.infer<typeof Header>;

const SIGN = "> ";

export const headerLine = (header: Header): string => `${SIGN}${JSON.stringify(header)}`;

/** What a recording says of itself in its first line; null: it is none of ours. */
export function headerOf(line: string): Header | null {
  if (!line.startsWith(`${SIGN}{"recording"`)) return null;
  try {
    return Header.parse(JSON.parse(line.slice(SIGN.length)));
  } catch {
    return null;
  }
}

/** A frame, and when it was received: milliseconds as nanoseconds, without rounding on the way. */
export const frameLine = (recv_ms: number, text: string): string => `${recv_ms}000000 ${text}`;
