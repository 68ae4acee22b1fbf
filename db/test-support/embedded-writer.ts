import { embeddedIn, openStore, startEmbedded } from "../index.ts";
import { bar, T0 } from "./samples.ts";

/** A process that writes batch after batch and prints the position of each as it is acknowledged; it is there to be killed. */
const dir = process.argv[2] ?? "";
const database = await startEmbedded({ ...embeddedIn(dir), backup_every_ms: 0 });
const store = await openStore({ kind: "embedded", port: database.port() }, "live");
const [offset] = await store.readOffsets("killed");
for (let position = (offset?.position ?? 0) + 1; ; position++) {
  const rows = Array.from({ length: 20 }, (_, i) => bar({ start_ts_ms: T0 + (position * 20 + i) * 60_000 }));
  const source = { reader: "killed", log_id: "log-1", topic: "tape.bars", partition: 0, from: position - 1, position };
  await store.writeBars(source, rows);
  process.stdout.write(`${position}\n`);
}
