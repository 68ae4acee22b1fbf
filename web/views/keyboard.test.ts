import { expect, test } from "bun:test";
import { KEYS, type Key, makeKeyboard } from "./keyboard.ts";

function world() {
  let now = 0;
  const keyboard = makeKeyboard(() => now);
  return {
    wait: (ms: number) => (now += ms),
    press: (key: string, more: Partial<Key> = {}) =>
      keyboard({ key, modified: false, inField: false, onControl: false, ...more }),
  };
}

test("single keys", () => {
  const { press } = world();
  expect(press("/")).toEqual({ do: "search" });
  expect([press("1"), press("7")]).toEqual([
    { do: "interval", index: 0 },
    { do: "interval", index: 6 },
  ]);
  expect([press("j"), press("k")]).toEqual([
    { do: "step", by: 1 },
    { do: "step", by: -1 },
  ]);
  expect([press("8"), press("0"), press("x")]).toEqual([null, null, null]);
});

test("g waits for its second key, but not for long, and for one key only", () => {
  const { press, wait } = world();
  for (const [key, to] of [
    ["a", "alerts"],
    ["w", "watch"],
    ["t", "trust"],
  ] as const) {
    expect(press("g")).toBeNull();
    expect(press(key)).toEqual({ do: "go", to });
  }
  press("g");
  wait(2_000);
  expect(press("a")).toBeNull();
  press("g");
  expect(press("1")).toEqual({ do: "interval", index: 0 });
  expect(press("w")).toBeNull();
  expect(press("t")).toBeNull();
});

test("in a field only escape is ours, with a modifier nothing is", () => {
  const { press } = world();
  expect(press("1", { inField: true })).toBeNull();
  expect(press("Escape", { inField: true })).toEqual({ do: "close" });
  expect(press("j", { modified: true })).toBeNull();
});

test("a control keeps its own enter and arrows", () => {
  const { press } = world();
  expect([press("Enter"), press("ArrowLeft")]).toEqual([{ do: "evidence" }, { do: "scroll", by: -1 }]);
  expect([press("Enter", { onControl: true }), press("ArrowRight", { onControl: true })]).toEqual([null, null]);
});

test("every key of the help does something", () => {
  const NAMES: Record<string, string> = { "←": "ArrowLeft", "→": "ArrowRight", Esc: "Escape" };
  for (const [keys] of KEYS) {
    const { press } = world();
    const done = keys
      .split(" ")
      .filter((key) => key !== "–")
      .map((key) => press(NAMES[key] ?? key));
    expect(done.at(-1)).not.toBeNull();
  }
});
