import { expect, test } from "bun:test";
import { describeSettings, shown } from "./describe.ts";
import { SETTING_NAMES, SETTINGS } from "./index.ts";
import { maskUrl } from "./mask.ts";
import { type Parsed, parseSettings } from "./parse.ts";

const parse = (...pairs: [string, string][]): Parsed =>
  parseSettings(pairs.map(([name, text]) => ({ name, text, from: "a test" })));
const problem = (...pairs: [string, string][]): string => parse(...pairs).problems[0]?.text ?? "(none)";

test("no secret appears in a refusal or a description", () => {
  const long = "s".repeat(5_000);
  expect(problem(["OPENAI_API_KEY", long])).toStartWith("OPENAI_API_KEY=•••• (from");
  expect(problem(["DATABASE_URL", "mysql://me:hunter2@h/db"])).not.toContain("hunter2");
  expect(problem(["DATABASE_URL", "me:hunter2@h/db"])).not.toContain("hunter2");
  const parsed = parse(
    ["API_KEYS", "key-one,key-two"],
    ["OPENAI_API_KEY", "sk-secret"],
    ["DATABASE_URL", "postgres://me:hunter2@h/db?sslpassword=deep"],
    ["REDIS_URL", "redis://:hunter2@h"],
  );
  if (parsed.settings === null) throw new Error("refused");
  const text = JSON.stringify(describeSettings(parsed.settings, parsed.provenance));
  for (const secret of ["key-one", "key-two", "sk-secret", "hunter2", "deep"]) expect(text).not.toContain(secret);
  expect(text).toContain("me:••••@h/db");
  expect(text).toContain("•••• (2)");
});

test("URLs without a password stay as they are, those with odd ones are masked", () => {
  expect(maskUrl("redis://localhost:6379/0")).toBe("redis://localhost:6379/0");
  expect(maskUrl("postgres://me@h/db")).toBe("postgres://••••@h/db");
  expect(maskUrl("postgres://me:p:w%40@h/db")).toBe("postgres://me:••••@h/db");
});

test("control characters in a value do not reach the terminal", () => {
  expect(problem(["PORT", "1\u001b[2J\n2"])).toContain("\\x1b[2J\\x0a2");
});

test("what is shown parses to the same value again, for everything that is not hidden", () => {
  const s = parse().settings;
  if (s === null) throw new Error("refused");
  for (const name of SETTING_NAMES) {
    if (SETTINGS[name].secrecy !== "open") continue;
    const again = SETTINGS[name].schema.parse(shown(name, s[name]));
    expect(again as unknown, name).toEqual(s[name] as unknown);
  }
});
