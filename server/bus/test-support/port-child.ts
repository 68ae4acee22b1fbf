/** Another thread: copies topic `in` to topic `out` over its own port, from `from` on, until told to stop. */
import { connectBus } from "../embedded/connect.ts";

declare const self: Worker;

self.onmessage = async ({ data }: MessageEvent<{ port: MessagePort; count: number }>) => {
  const bus = connectBus(data.port);
  let copied = 0;
  try {
    for await (const batch of bus.follow("in", 0, "earliest")) {
      await bus.publish("out", 0, batch.values);
      copied += batch.values.length;
      if (copied >= data.count) break;
    }
    await bus.close();
    self.postMessage({ copied });
  } catch (error) {
    self.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
};
