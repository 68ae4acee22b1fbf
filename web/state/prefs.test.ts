import { expect, test } from "bun:test";
import { makeManualFrame } from "../test-support/manual-frame.ts";
import { DEFAULT_PREFS, type KeyValue, makePrefs, PREFS_KEY, readPrefs } from "./prefs.ts";

const { frame } = makeManualFrame();
const memory = (content: Record<string, string> = {}): KeyValue & { content: Record<string, string> } => ({
  content,
  getItem: (key) => content[key] ?? null,
  setItem: (key, value) => {
    content[key] = value;
  },
});

test("what is set is there the next time", () => {
  const storage = memory();
  makePrefs({ frame, storage: () => storage }).set({ theme: "light", interval: "5m", watchPx: 300 });
  expect(makePrefs({ frame, storage: () => storage }).get()).toMatchObject({
    theme: "light",
    interval: "5m",
    watchPx: 300,
  });
});

test("each bad value falls back alone", () => {
  expect(
    readPrefs({ theme: "pink", palette: "green", symbol: "<b>", interval: "7m", watchPx: 1e9, alertsPx: "wide" }),
  ).toEqual({
    ...DEFAULT_PREFS,
    palette: "green",
    watchPx: 420,
  });
  for (const nothing of [null, undefined, 3, "x", [], {}]) expect(readPrefs(nothing)).toEqual(DEFAULT_PREFS);
});

test("a storage that is forbidden, full or filled with something else costs nothing but the memory", () => {
  const forbidden = makePrefs({
    frame,
    storage: () => {
      throw new Error("forbidden");
    },
  });
  forbidden.set({ theme: "dark" });
  expect(forbidden.get().theme).toBe("dark");
  const full = memory({ [PREFS_KEY]: "{not json" });
  full.setItem = () => {
    throw new Error("quota");
  };
  const prefs = makePrefs({ frame, storage: () => full });
  expect(prefs.get()).toEqual(DEFAULT_PREFS);
  prefs.set({ symbol: "ETHUSDT" });
  expect(prefs.get().symbol).toBe("ETHUSDT");
});
