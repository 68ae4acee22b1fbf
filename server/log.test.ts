import { expect, test } from "bun:test";
import { TapebellError } from "../core/errors.ts";
import { createLog, prettyLine } from "./log.ts";

function capture(LOG_LEVEL: "debug" | "info" | "silent", LOG_FORMAT: "auto" | "pretty" | "json", terminal = false) {
  const lines: string[] = [];
  const log = createLog({ LOG_LEVEL, LOG_FORMAT }, "ingest", { write: (line) => lines.push(line), terminal });
  return { log, lines };
}

test("json: one object a line with level, time, part and what happened", () => {
  const { log, lines } = capture("info", "json");
  log.debug("not this");
  log.warn({ symbol: "BTCUSDT", count: 3 }, "bad price\nrefused");
  expect(lines).toHaveLength(1);
  expect(lines[0]).toEndWith("}\n");
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    level: "warn",
    part: "ingest",
    symbol: "BTCUSDT",
    count: 3,
    msg: "bad price\nrefused",
  });
});

test("pretty: one readable line, whatever the text holds", () => {
  const { log, lines } = capture("info", "pretty");
  log.info({ url: "a b", n: 1 }, "line one\nline two\u001b[2J");
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} info {2}ingest {5}line one line two \[2J {2}url="a b" {2}n=1\n$/);
});

test("auto is pretty on a terminal and json elsewhere; colours only on a terminal", () => {
  const screen = capture("info", "auto", true);
  screen.log.error("x");
  expect(screen.lines[0]).toStartWith("\u001b[31m");
  const pipe = capture("info", "auto");
  pipe.log.error("x");
  expect(pipe.lines[0]).toStartWith("{");
  const file = capture("info", "pretty");
  file.log.error("x");
  expect(file.lines[0]).not.toContain("\u001b");
});

test("secrets are hidden by name", () => {
  const { log, lines } = capture("info", "json");
  log.info({ password: "hunter2", venue: { api_key: "hunter2" }, token: "hunter2" }, "connecting");
  expect(lines[0]).not.toContain("hunter2");
});

test("an error says what and what to do; only a bug shows its stack", () => {
  const { log, lines } = capture("info", "json");
  log.error({ err: new TapebellError("outside", "rate_limited", "slow down", { hint: "wait" }) }, "feed");
  log.error({ err: new Error("broken") }, "bug");
  log.error({ err: "just text" }, "odd");
  const [known, bug, odd] = lines.map((line) => JSON.parse(line).err);
  expect(known).toEqual({ message: "slow down", code: "rate_limited", hint: "wait" });
  expect(bug.stack).toContain("log.test.ts");
  expect(odd.message).toBe("just text");
});

test("silent says nothing; what is no JSON passes through", () => {
  const { log, lines } = capture("silent", "json");
  log.fatal("x");
  expect(lines).toEqual([]);
  expect(prettyLine("plain\n", false)).toBe("plain\n");
});
