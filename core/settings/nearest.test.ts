import { expect, test } from "bun:test";
import { isSettingName, SETTING_NAMES } from "./index.ts";
import { distance, nearest } from "./nearest.ts";

test("nearest finds slips of the keyboard and nothing far", () => {
  expect(distance("PORT", "PROT")).toBe(1);
  expect(distance("abc", "")).toBe(3);
  expect(nearest("DATABASE_ULR", SETTING_NAMES)).toBe("DATABASE_URL");
  expect(nearest("SENTIMENT_BATCHSIZE", SETTING_NAMES)).toBe("SENTIMENT_BATCH_SIZE");
  expect(nearest("ELEPHANT", SETTING_NAMES)).toBeNull();
  expect(isSettingName("hasOwnProperty")).toBe(false);
});
