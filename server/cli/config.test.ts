import { expect, test } from "bun:test";
import { call } from "./test-support/call.ts";

const env = { API_KEYS: "s3cret-key-of-mine", DATABASE_URL: "postgres://me:hunter2@db/x", BAR_STALL_MS: "5000" };

test("every setting with its value, and where it comes from if it is no default", async () => {
  const { code, out } = await call(["config", "--set", "PORT=9000"], { env });
  expect(code).toBe(0);
  expect(out).toMatch(/^PORT=9000 {2}# the flag --set$/m);
  expect(out).toMatch(/^BAR_STALL_MS=5000 {2}# the environment$/m);
  expect(out).toMatch(/^DEDUPE_SEC=120$/m);
});

test("secrets stay hidden", async () => {
  for (const argv of [["config"], ["config", "--json"]]) {
    const { out, err } = await call(argv, { env });
    expect(out).toContain("API_KEYS");
    expect(out + err).not.toContain("s3cret");
    expect(out + err).not.toContain("hunter2");
  }
});

test("as JSON, one text per setting", async () => {
  const { records } = await call(["config", "--json"]);
  expect(records.find((row) => row.name === "REPLAY_MAX_LATE_MS")).toMatchObject({ value: "500", from: "default" });
});

test("a bad value: exit 2, key, value and what is allowed", async () => {
  const { code, err } = await call(["config"], { env: { PORT: "eighty" } });
  expect(code).toBe(2);
  expect(err).toContain("PORT");
  expect(err).toContain("eighty");
});
