import { afterAll, expect, test } from "bun:test";
import fc from "fast-check";
import { TapebellError } from "../../core/errors.ts";
import { loadSettings } from "./load.ts";
import { type World, worlds } from "./test-support/world.ts";

const { folder, refusal, remove } = worlds();
afterAll(remove);

// One line each on stderr: these texts are what a person reads.
test.each([
  [
    { argv: ["--port", "abc"] },
    "PORT=abc (from the flag --port): allowed is a whole number from 0 to 65535",
    undefined,
  ],
  [{ env: { PORT: "abc" } }, "PORT=abc (from the environment): allowed is a whole number from 0 to 65535", undefined],
  [
    { files: { ".env": "\nPORT=abc" } },
    "PORT=abc (from .env line 2): allowed is a whole number from 0 to 65535",
    undefined,
  ],
  [{ files: { ".env": "PROT=1" } }, "PROT (from .env line 1) is no setting", "did you mean PORT?"],
  [{ argv: ["--set", "PROT=1"] }, "PROT (from the flag --set) is no setting", "did you mean PORT?"],
  [
    { argv: ["--set", "micro_batch.window=1"] },
    "micro_batch.window (from the flag --set) is no setting",
    "did you mean micro_batch.window_ms?",
  ],
  [
    { argv: ["--set", "micro_batch.window_ms=x"] },
    'micro_batch.window_ms="x" (from the flag --set): allowed is a whole number of milliseconds from 100 to 86400000, a multiple of 100',
    undefined,
  ],
  [{ argv: ["--prot", "1"] }, "--prot is no flag and no setting", "did you mean --port?"],
  [{ argv: ["--log-levle=x"] }, "--log-levle is no flag and no setting", "did you mean --log-level?"],
  [{ argv: ["--port"] }, "--port needs a value", "write --port=…"],
  [{ argv: ["--port", "--host", "x"] }, "--port needs a value", "write --port=…"],
  [{ argv: ["--set", "PORT"] }, "--set PORT is not KEY=VALUE", "for example --set PORT=9000"],
  [{ argv: ["--config", "gone.yaml"] }, "gone.yaml does not exist", "name a readable text file"],
  [{ argv: ["--config", "."] }, ". cannot be read (EISDIR)", "name a readable text file"],
  [{ files: { ".env": new Uint8Array([0x41, 0x3d, 0xff]) } }, ".env is not UTF-8 text", "name a readable text file"],
  [
    { files: { ".env": "nonsense" } },
    ".env line 1 is not NAME=value",
    "write NAME=value, one a line, comments after #",
  ],
] as const)("%j is refused in one line", (world, message, hint) => {
  const error = refusal(world as World);
  expect(error.kind).toBe("usage");
  expect(error.message).toBe(message);
  expect(error.hint).toBe(hint as string);
});

test("several problems make one line, the first with its source", () => {
  const error = refusal({ env: { PORT: "x", BUS: "y" }, argv: ["--set", "NOPE_AT_ALL=1"] });
  expect(error.message.split("; ")).toHaveLength(3);
  expect(error.message).not.toContain("\n");
});

test("a file of many megabytes is refused", () => {
  expect(refusal({ files: { ".env": "#".repeat(1024 * 1024 + 1) } }).message).toContain("is larger than");
});

test("a bad value is refused also where a later source overrides it", () => {
  expect(refusal({ files: { ".env": "PORT=x" }, argv: ["--port", "1"] }).message).toContain(".env line 1");
});

test("any arguments are settings or a usage error", () => {
  const word = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.string({ maxLength: 12 }).map((text) => `--${text}`),
    fc.constantFrom(
      "--set",
      "--port",
      "PORT=1",
      "--config",
      "micro_batch.x=1",
      "bus.__proto__.x=1",
      "__proto__=1",
      "--constructor",
      "features=1",
    ),
  );
  const cwd = folder();
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (argv) => {
      try {
        loadSettings({ cwd, env: {}, argv });
      } catch (error) {
        expect(error).toBeInstanceOf(TapebellError);
        expect((error as TapebellError).kind).toBe("usage");
      }
    }),
    { numRuns: 1_000 },
  );
  expect(({} as Record<string, unknown>).x).toBeUndefined();
});
