import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const T0 = 1_700_006_400_000;
const MAIN = new URL("../main.ts", import.meta.url).pathname;
const dir = mkdtempSync(join(tmpdir(), "tapebell-cli-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const line = (ms: number): string =>
  `${JSON.stringify({ kind: "trade", provider: "p", symbol: "X", ts_ms: T0 + ms, price: 100, size: 1 })}\n`;
const big = join(dir, "big.ndjson");
writeFileSync(big, Array.from({ length: 60_000 }, (_, i) => line(i * 1_000)).join(""));

describe("as a process", () => {
  test("a reader that goes away (head) ends it quietly", async () => {
    const shell = `"${process.execPath}" "${MAIN}" stage bars --set INTERVAL=1s "${big}" | head -n 2; echo "$${"{"}PIPESTATUS[0]${"}"}"`;
    const child = Bun.spawn(["bash", "-c", shell], { stdout: "pipe", stderr: "pipe" });
    const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
    const lines = out.trim().split("\n");
    expect([lines.length, lines[2], err]).toEqual([3, "0", ""]);
    expect(JSON.parse(lines[0]!)).toMatchObject({ kind: "bar" });
  });

  test("standard input to standard output, exit code 1 when nothing was good", async () => {
    const child = Bun.spawn([process.execPath, MAIN, "stage", "bars"], {
      stdin: new Blob(["x\n"]),
      stdout: "pipe",
      stderr: "pipe",
    });
    expect(await child.exited).toBe(1);
    expect(await new Response(child.stderr).text()).toContain("1 of 1 lines");
  });

  test("an input that never ends does not keep it when its reader has gone", async () => {
    const child = Bun.spawn([process.execPath, MAIN, "stage", "bars", "--set", "INTERVAL=1s"], {
      stdin: "pipe",
      stdout: "pipe",
    });
    const reader = child.stdout.getReader();
    const lines = Array.from({ length: 20_000 }, (_, i) => line(i * 1_000)).join("");
    const feeding = (async () => {
      child.stdin.write(lines);
      await child.stdin.flush();
    })().catch(() => undefined);
    await reader.read();
    await reader.cancel();
    expect(await child.exited).toBe(0);
    await feeding;
  });

  test("all output is written before it ends", async () => {
    const child = Bun.spawn([process.execPath, MAIN, "stage", "bars", "--set", "INTERVAL=1s", big], { stdout: "pipe" });
    const out = await new Response(child.stdout).text();
    expect(out.trim().split("\n")).toHaveLength(60_000);
    expect(await child.exited).toBe(0);
  });
});
