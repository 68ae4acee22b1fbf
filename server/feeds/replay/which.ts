import { type Stats, statSync } from "node:fs";
import { resolve } from "node:path";
import { TapebellError } from "../../../core/errors.ts";
import type { Settings } from "../../../core/settings/index.ts";
import { isUrl, nameOf } from "./source.ts";

export interface ReplaySource {
  /** A file's whole path, or an address. */
  readonly source: string;
  /** As it is called in words. */
  readonly name: string;
  /** The same recording, the same id: its records have a world of their own. */
  readonly id: string;
}

const usage = (code: string, message: string, hint: string): TapebellError =>
  new TapebellError("usage", code, message, { hint });

/** What FEED=replay plays: REPLAY_FILE, else MOCK_API_URL. A file that was written anew is another recording. */
export function replaySource({
  REPLAY_FILE,
  MOCK_API_URL,
}: Pick<Settings, "REPLAY_FILE" | "MOCK_API_URL">): ReplaySource {
  if (REPLAY_FILE === "" && MOCK_API_URL === "")
    throw usage(
      "no_source",
      "FEED=replay has nothing to play",
      "set REPLAY_FILE to a recording, or MOCK_API_URL to a server of ticks",
    );
  if (REPLAY_FILE === "" || isUrl(REPLAY_FILE)) {
    const source = REPLAY_FILE === "" ? MOCK_API_URL : REPLAY_FILE;
    return { source, name: nameOf(source), id: idOf(source) };
  }
  const source = resolve(REPLAY_FILE);
  const { size, mtimeMs } = statOf(source);
  return { source, name: REPLAY_FILE, id: idOf(`${source}|${size}|${mtimeMs}`) };
}

function statOf(path: string): Stats {
  try {
    const stats = statSync(path);
    if (!stats.isFile()) throw new Error("it is no file");
    return stats;
  } catch (cause) {
    throw usage(
      "no_input",
      `REPLAY_FILE=${path} cannot be read: ${(cause as Error).message}`,
      "name a file that is there",
    );
  }
}

const idOf = (text: string): string => new Bun.CryptoHasher("sha256").update(text).digest("hex").slice(0, 12);
