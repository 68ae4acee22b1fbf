import { expect, test } from "bun:test";
import { wishes } from "./signals.ts";

test("two signals within a second are one; a second, later one forces", () => {
  let now_ms = 10_000;
  const wish = wishes(() => now_ms);
  expect(wish()).toBe("stop");
  now_ms += 900;
  expect(wish()).toBe("same");
  now_ms += 200;
  expect(wish()).toBe("force");
});
