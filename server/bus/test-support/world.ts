import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bus } from "../../../core/ports/bus.ts";
import { connectBus } from "../embedded/connect.ts";
import { type BusHost, openEmbeddedBus } from "../embedded/host.ts";
import type { BusWorld } from "./contract-case.ts";

/** A temp folder with the embedded bus in it: one host per prefix, a connection of its own for every further bus. */
export async function embeddedWorld(): Promise<BusWorld & { readonly dir: string }> {
  const dir = mkdtempSync(join(tmpdir(), "tapebell-bus-"));
  const hosts = new Map<string, BusHost>();
  const others: Bus[] = [];
  return {
    dir,
    async open(prefix = "") {
      const host = hosts.get(prefix);
      if (host === undefined) {
        const opened = await openEmbeddedBus({ dir, prefix, fsync: "normal" });
        hosts.set(prefix, opened);
        return opened;
      }
      const other = connectBus(host.connect());
      others.push(other);
      return other;
    },
    async dispose() {
      for (const bus of [...others, ...hosts.values()]) await bus.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
