import { expect, test } from "bun:test";

const MAIN = new URL("./main.ts", import.meta.url).pathname;
const T0 = 1_700_000_000_000;
const line = (id: number): string =>
  `${T0 + id} ${JSON.stringify({ e: "trade", E: T0 + id, s: "BTCUSDT", t: id, p: "100.50", q: "0.25", T: T0 + id, m: true, M: true })}\n`;

test("a recording that never ends: records come as it does, and a reader that goes away ends it quietly", async () => {
  const child = Bun.spawn([process.execPath, MAIN, "decode", "binance"], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
  let isEnded = false;
  const feeding = (async () => {
    for (let id = 0; !isEnded; id += 500) {
      // What is written once the reader is gone may fail by throwing or later: either way the feeding is over.
      await child.stdin.write(Array.from({ length: 500 }, (_, i) => line(id + i)).join(""));
      await child.stdin.flush();
      await Bun.sleep(1);
    }
  })().catch(() => undefined);
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  expect(JSON.parse(new TextDecoder().decode(value).split("\n")[0]!)).toMatchObject({ kind: "trade", trade_id: "0" });
  await reader.cancel();
  const code = await child.exited;
  isEnded = true;
  await feeding;
  expect([code, await new Response(child.stderr).text()]).toEqual([0, ""]);
}, 30_000);

test("a recording of any length takes the memory of a short one", async () => {
  const peak = async (passes: number): Promise<number> => {
    const child = Bun.spawn([process.execPath, MAIN, "decode", "binance"], { stdin: "pipe", stdout: "ignore" });
    const piece = Array.from({ length: 20_000 }, (_, i) => line(i)).join("");
    for (let n = 0; n < passes; n++) {
      child.stdin.write(piece);
      await child.stdin.flush();
    }
    await child.stdin.end();
    expect(await child.exited).toBe(0);
    return child.resourceUsage()!.maxRSS;
  };
  const [short, long] = [await peak(2), await peak(25)];
  // 75 MB went through; a record kept for each line would be four times that.
  expect(short).toBeGreaterThan(20 * 1024 * 1024);
  expect(long - short).toBeLessThan(64 * 1024 * 1024);
}, 60_000);
