import { existsSync, readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import { TapebellError } from "../../core/errors.ts";
import { type RuleSet, readRules, ruleErrorAt } from "../../core/rules/rules.ts";
import type { Streaming } from "../../core/settings/streaming.ts";

const OWN = "configs/rules.yaml";
const OWN_PATH = new URL(`../../${OWN}`, import.meta.url).pathname;
const BYTES_MAX = 1_048_576;

/** The rules of a configuration; null where they are switched off. A path is looked up from `cwd`. */
export function rulesOf(streaming: Streaming, cwd: string): RuleSet | null {
  return streaming.inference.adapters.rules.enabled ? rulesInFile(streaming, cwd) : null;
}

/** Those that stand in for a model, switched on or not. */
export function rulesInFile(streaming: Streaming, cwd: string): RuleSet | null {
  const { file } = streaming.inference.adapters.rules;
  const windows = streaming.features.windows.map(({ name }) => name);
  if (windows.length === 0) return null;
  const path = resolve(cwd, file);
  return readRulesText(textOf(file === OWN && !existsSync(path) ? OWN_PATH : path, file), file, windows);
}

function textOf(path: string, file: string): string {
  const wrong = (why: string, cause?: unknown): TapebellError =>
    new TapebellError("usage", "rules_file", `${file} cannot be read: ${why}`, {
      hint: "inference.adapters.rules.file names a YAML file of rules; enabled: false switches them off",
      cause,
    });
  try {
    if (statSync(path).size > BYTES_MAX) throw wrong("it is larger than 1 MiB");
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw cause instanceof TapebellError ? cause : wrong((cause as Error).message, cause);
  }
}

/** What is wrong is said with its line and column in the file. */
export function readRulesText(content: string, file: string, windows: readonly string[]): RuleSet {
  // Some editors begin a file with a mark of its encoding, which YAML would count as an indentation.
  const text = content.replace(/^\uFEFF/, "");
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, uniqueKeys: true, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = counter.linePos(offset);
    return `${file} line ${line}, column ${col}`;
  };
  const broken = document.errors[0] ?? document.warnings[0];
  if (broken !== undefined)
    throw new TapebellError("usage", "rules_file", `${at(broken.pos[0])}: ${broken.message}`, {
      hint: "it must be YAML: a list of rules with name, condition, signal and score",
    });
  let given: unknown;
  try {
    given = document.toJS({ maxAliasCount: 0 });
  } catch (cause) {
    throw new TapebellError("usage", "rules_file", `${file}: anchors and aliases are not taken`, { cause });
  }
  try {
    return readRules(given, windows);
  } catch (cause) {
    if (!(cause instanceof TapebellError)) throw cause;
    const hint = cause.hint === undefined ? {} : { hint: cause.hint };
    const where = ruleErrorAt(cause);
    const root = document.contents;
    const list = isMap(root) ? root.get("rules", true) : root;
    const item = where !== null && isSeq(list) ? list.items[where.rule] : undefined;
    const node = isMap(item) ? item.get("condition", true) : undefined;
    const start = isScalar(node) ? node.range?.[0] : undefined;
    if (where === null || start === undefined)
      throw new TapebellError("usage", cause.code, `${file}: ${cause.message}`, { ...hint, cause });
    const isQuoted = isScalar(node) && (node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE");
    const from = start + (isQuoted ? 1 : 0);
    // Only its beginning is sure where the file spells it otherwise: over several lines, or with escapes.
    const isAsWritten = isScalar(node) && text.startsWith(String(node.value), from) && where.line === 1;
    const offset = isAsWritten ? from + where.column - 1 : start;
    throw new TapebellError("usage", cause.code, `${at(offset)}: ${cause.message}`, { ...hint, cause });
  }
}
