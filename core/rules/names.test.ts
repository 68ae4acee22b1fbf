import { expect, test } from "bun:test";
import { rollingNames } from "./names.ts";
import { compileRules, readRules } from "./rules.ts";

test("a window that looks like a feature hides nothing", () => {
  expect(rollingNames(["rsi", "n"], "n").key("rsi_rsi")).toBe("rsi_rsi_cutler14");
  expect(rollingNames(["rsi", "n"], "n").key("rsi")).toBe("n_rsi_cutler14");
  expect(rollingNames(["w"], "w").key("constructor")).toBeNull();
});

test("a window may begin with a digit", () => {
  const own = { name: "r", signal: -1, score: 0.7, condition: "5m_rsi > 7e1 and 1e3_n >= 2.5 and 15m_vol < .5" };
  const [made] = compileRules(readRules([own], ["5m", "1e3", "15m"]));
  expect(made!.condition({ "5m_rsi_cutler14": 71, "1e3_n": 3, "15m_vol": 0.4 })).toBe(true);
  expect(() => readRules([{ ...own, condition: "1and > 2" }], ["w"])).toThrow('"1and" is not known');
});
