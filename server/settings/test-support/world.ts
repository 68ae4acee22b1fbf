import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TapebellError } from "../../../core/errors.ts";
import { type LoadedSettings, loadSettings } from "../load.ts";

export interface World {
  readonly files?: Record<string, string | Uint8Array>;
  readonly env?: Record<string, string>;
  readonly argv?: readonly string[];
}

/** Loads settings where only what a test says exists. */
export function worlds() {
  const base = mkdtempSync(join(tmpdir(), "tapebell-settings-"));
  let folders = 0;
  const folder = (files: Record<string, string | Uint8Array> = {}): string => {
    const dir = join(base, String(folders++));
    mkdirSync(dir);
    for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content);
    return dir;
  };
  const load = ({ files, env = {}, argv = [] }: World): LoadedSettings =>
    loadSettings({ cwd: folder(files), env, argv });
  const refusal = (world: World): TapebellError => {
    try {
      load(world);
    } catch (error) {
      if (error instanceof TapebellError) return error;
      throw error;
    }
    throw new Error("was not refused");
  };
  return { folder, load, refusal, remove: () => rmSync(base, { recursive: true, force: true }) };
}
