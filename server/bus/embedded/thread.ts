import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Broker } from "../broker.ts";
import { toWire } from "../errors.ts";
import { RingLog } from "../memory/ring-log.ts";
import { bootId } from "./boot.ts";
import { type Caretaker, ThreadCaretaker } from "./caretaker.ts";
import { SqliteGroupStore } from "./group-store.ts";
import { SegmentLog, type SegmentLogOptions } from "./segment-log.ts";
import { storageError } from "./storage-error.ts";
import type { EmbeddedOptions, FromBroker, FromThread, ToBroker, ToThread } from "./wire.ts";

const RETAIN_EVERY_MS = 1_000;
/** Of a topic that is not durable, beside its bytes and its age. */
const RING_RECORDS_MAX = 100_000;

declare const self: Worker;

const post = (message: FromThread) => self.postMessage(message);

function openBroker({ dir, fsync }: EmbeddedOptions, caretaker: Caretaker): Broker {
  const folder = join(dir, "bus");
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw storageError("(all)", folder, error);
  }
  const boot = bootId();
  const now = () => Date.now();
  const report = (problem: Extract<FromThread, { t: "problem" }>["problem"]) => post({ t: "problem", problem });
  return new Broker({
    openTopic(topic, spec) {
      const { partitions, retentionMs, retentionBytes } = spec;
      if (!spec.durable) {
        const log = new RingLog(crypto.randomUUID(), partitions, retentionMs, retentionBytes, RING_RECORDS_MAX);
        return { log, groups: null };
      }
      const place = join(folder, topic);
      const common = { topic, fsync, now, report };
      const log = openLog({ folder: place, partitions, retentionMs, retentionBytes, boot, caretaker, ...common });
      const groups = new SqliteGroupStore({ path: join(place, "groups.sqlite"), logId: log.logId, ...common });
      return { log, groups };
    },
    now,
    // Not a timer: while one commit is written the next publishes pile up, and that is the group.
    defer: (run) => setImmediate(run),
    at(time_ms, run) {
      const timer = setTimeout(run, Math.max(0, time_ms - now()));
      return () => clearTimeout(timer);
    },
    report,
  });
}

function openLog(options: SegmentLogOptions): SegmentLog {
  try {
    return new SegmentLog(options);
  } catch (error) {
    throw storageError(options.topic, options.folder, error);
  }
}

/** One connection: its calls go to the broker in order; when its thread ends, so does what it held. */
function serve(broker: Broker, prefix: string, port: MessagePort, ports: Set<MessagePort>): void {
  const connection = broker.connect(prefix);
  ports.add(port);
  const send = (message: FromBroker, transfer: readonly ArrayBuffer[] = []) => port.postMessage(message, [...transfer]);
  port.onmessage = (event) => {
    const data: ToBroker = event.data;
    if (data.t === "cancel") return broker.cancel(connection, data.id);
    const { id } = data;
    broker.handle(connection, id, data.request, (reply) => {
      if (reply.ok) send({ t: "answer", id, value: reply.value }, reply.transfer);
      else send({ t: "refused", id, error: reply.error });
    });
  };
  port.addEventListener("close", () => {
    ports.delete(port);
    broker.disconnect(connection);
  });
}

function run(): void {
  let open: { broker: Broker; prefix: string; caretaker: Caretaker; retaining: Timer } | null = null;
  const ports = new Set<MessagePort>();

  const close = async () => {
    if (open === null) return;
    clearInterval(open.retaining);
    await open.caretaker.close();
    open.broker.close();
  };
  const sayBye = () => {
    for (const port of ports) {
      port.postMessage({ t: "bye" } satisfies FromBroker);
      port.close();
    }
  };

  self.onmessage = ({ data }: MessageEvent<ToThread>) => {
    switch (data.t) {
      case "open":
        try {
          const caretaker = new ThreadCaretaker((reason) => {
            throw new Error(`the caretaker thread ended: ${reason}`);
          });
          const broker = openBroker(data.options, caretaker);
          const retaining = setInterval(() => broker.retain(), RETAIN_EVERY_MS);
          open = { broker, prefix: data.options.prefix, caretaker, retaining };
          return post({ t: "opened" });
        } catch (error) {
          return post({ t: "failed", error: toWire(error) });
        }
      case "connect":
        if (open !== null) serve(open.broker, open.prefix, data.port, ports);
        return;
      case "stats":
        if (open !== null) post({ t: "stats", id: data.id, stats: open.broker.stats() });
        return;
      case "close":
        void close()
          .then(
            () => null,
            (error: unknown) => toWire(error),
          )
          .then((error) => {
            sayBye();
            post(error === null ? { t: "closed" } : { t: "closed", error });
          });
        return;
    }
  };
}

run();
