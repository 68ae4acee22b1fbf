import { existsSync } from "node:fs";
import { readText, SHARED } from "../../../core/test-support/shared.ts";
import { captureLine } from "../capture/line.ts";

export const WS = `${SHARED}/data/ws`;
export const hasCaptures = existsSync(WS);
if (!hasCaptures) console.warn(`skipped: no recordings at ${WS} (set SHARED_DIR)`);

export interface Captured {
  readonly text: string;
  readonly recv_ms: number;
}

/** The frames of a recording, one per line. */
export function captured(name: string): Captured[] {
  const frames: Captured[] = [];
  for (const line of readText(`${WS}/${name}`).split("\n")) {
    if (line.trim() === "") continue;
    const read = captureLine(line);
    if (read.kind === "frame") frames.push({ text: read.text, recv_ms: read.recv_ms ?? 0 });
  }
  return frames;
}
