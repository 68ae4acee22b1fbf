/** Fills a small file system with the log, makes room again, and says what happened at each step as one JSON line. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TapebellError } from "../../../core/errors.ts";
import { openEmbeddedBus } from "../embedded/host.ts";
import { read, spec, valuesOf } from "./read.ts";

const dir = process.argv[2]!;
const ballast = join(dir, "ballast");
writeFileSync(ballast, new Uint8Array(1_500_000));
const bus = await openEmbeddedBus({ dir, prefix: "", fsync: "normal" });
await bus.ensureTopics([spec("t"), spec("memory", { durable: false })]);
const record = (n: number) => `[${n},"${"x".repeat(5_000)}"]`;

const acked: string[] = [];
const failures: TapebellError[] = [];
for (let n = 0; failures.length === 0 && n < 5_000; n++)
  await bus.publish("t", 0, [record(n)]).then(
    () => acked.push(record(n)),
    (error: TapebellError) => failures.push(error),
  );
const { code, message, hint } = failures[0] ?? {};
const end = (await bus.info("t", 0)).end;
const whileFull = valuesOf(await read(bus, "t", 0, 0, acked.length));
const memoryAck = await bus.publish("memory", 0, ["1"]);
rmSync(ballast);
const after = await bus.publish("t", 0, [record(-1)]);
const whole = valuesOf(await read(bus, "t", 0, 0, acked.length + 1));
await bus.close();
console.log(
  JSON.stringify({
    acked: acked.length,
    code,
    message,
    hint,
    end,
    readWhileFull: JSON.stringify(whileFull) === JSON.stringify(acked),
    memoryFirst: memoryAck.first,
    afterFirst: after.first,
    readAfter: JSON.stringify(whole) === JSON.stringify([...acked, record(-1)]),
  }),
);
