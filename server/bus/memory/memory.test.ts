import type { Bus } from "../../../core/ports/bus.ts";
import { busContract } from "../bus.contract.ts";
import type { BusWorld } from "../test-support/contract-case.ts";
import { createMemoryTape } from "./memory-bus.ts";

const clock = {
  now: () => Date.now(),
  sleep: (ms: number, signal?: { addEventListener(type: "abort", listener: () => void): void }) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal?.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      });
    }),
};

busContract("memory", async (): Promise<BusWorld> => {
  const tape = createMemoryTape(clock);
  const open: Bus[] = [];
  return {
    async open(prefix) {
      const bus = tape.bus(prefix);
      open.push(bus);
      return bus;
    },
    async dispose() {
      for (const bus of open) await bus.close();
    },
  };
});
