import { expect, test } from "bun:test";
import { SYMBOLS, appWorld as world } from "../test-support/app-world.ts";
import { ApiProblem } from "./api.ts";

test("a symbol that is asked for joins the list, one that is left goes, and what became of it is said", async () => {
  const w = world();
  await w.open();
  const names = () => w.app.watch.rows().map((row) => row.symbol);
  await w.app.watchSymbol("SOLUSDT");
  expect(names()).toEqual([...SYMBOLS, "SOLUSDT"]);
  expect(w.app.watchWish.get()).toEqual({ symbol: "SOLUSDT", state: "done", words: "SOLUSDT is watched." });
  w.app.selectSymbol("SOLUSDT");
  await w.app.unwatchSymbol("SOLUSDT");
  expect(names()).toEqual(SYMBOLS);
  expect(w.app.symbol.get()).toBe("BTCUSDT");
});

test("a symbol that cannot be watched changes nothing, and why is said", async () => {
  const w = world();
  await w.open();
  w.fail(new ApiProblem("NOPE: Binance has no market NOPE.", 404));
  await w.app.watchSymbol("NOPE");
  expect(w.app.watchWish.get()).toMatchObject({ state: "refused", words: "NOPE: Binance has no market NOPE." });
  expect(w.app.watch.rows()).toHaveLength(SYMBOLS.length);
});
