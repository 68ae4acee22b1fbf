/** Takes the lock of a folder, says so, and holds it until it is ended; or says why it was refused. */
import { lockDataDir } from "../lock.ts";

const [dir, wait_ms] = process.argv.slice(2);
try {
  const lock = await lockDataDir(dir!, Number(wait_ms));
  process.on("SIGTERM", () => {
    lock.release();
    process.exit(0);
  });
  console.log("locked");
  setInterval(() => {}, 1_000);
} catch (error) {
  console.log(JSON.stringify(error, ["kind", "code", "message", "hint"]));
}
