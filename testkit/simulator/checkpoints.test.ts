import { checkpointsContract } from "../../server/checkpoints/checkpoints.contract.ts";
import { SimCheckpoints } from "./checkpoints.ts";
import { NO_FAULTS } from "./faults.ts";
import { Random } from "./random.ts";
import { Process, Scheduler } from "./scheduler.ts";

checkpointsContract("simulated", async () => {
  const random = new Random(1, "checkpoints");
  const scheduler = new Scheduler(0, random);
  const storage = new SimCheckpoints(scheduler, random);
  let isRemoved = false;
  const turns = (async () => {
    // Between two calls nothing waits; the run ends and begins again.
    while (!isRemoved) await scheduler.run(() => isRemoved, 1_000_000);
  })();
  return {
    open: async () => storage.open(new Process("test", 0)),
    damageNewest: async () => storage.damage({ ...NO_FAULTS, checkpointTorn: 1 }),
    async remove() {
      isRemoved = true;
      await turns;
    },
  };
});
