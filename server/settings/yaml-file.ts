import { isMap, isScalar, isSeq, LineCounter, type Node, parse, parseDocument } from "yaml";
import { TapebellError } from "../../core/errors.ts";
import { flatName } from "../../core/settings/flat-paths.ts";
import { type Given, isKnownName } from "../../core/settings/parse.ts";
import { SECTIONS } from "../../core/settings/streaming.ts";

export interface YamlSettings {
  /** What has a flat name, from whichever spelling. */
  readonly given: readonly Given[];
  /** What is left of the sections of streaming.yaml. */
  readonly sections: Record<string, unknown>;
  /** Where a path of the sections stands. */
  readonly from: (path: readonly string[]) => string;
}

type Lookup = (name: string) => string | undefined;

/** Reads settings from YAML: flat names in either case, and the sections of streaming.yaml. */
export function readYaml(content: string, file: string, lookup: Lookup): YamlSettings {
  const counter = new LineCounter();
  const document = parseDocument(content, { lineCounter: counter, uniqueKeys: true, prettyErrors: false });
  const broken = document.errors[0] ?? document.warnings[0];
  const at = (node: unknown): string => {
    const offset = (node as Node | null | undefined)?.range?.[0];
    return offset === undefined ? file : `${file} line ${counter.linePos(offset).line}`;
  };
  if (broken !== undefined) throw malformed(`${file} line ${counter.linePos(broken.pos[0]).line}: ${broken.message}`);
  const root = document.contents;
  if (root === null) return { given: [], sections: {}, from: () => file };
  if (!isMap(root)) throw malformed(`${file} is not a map of settings`);

  const given: Given[] = [];
  const sections: Record<string, unknown> = {};
  const seen = new Map<string, string>();
  const flat = (name: string, value: unknown, from: string): void => {
    const before = seen.get(name);
    if (before !== undefined) throw malformed(`${name} is said twice: ${before} and ${from}`);
    seen.set(name, from);
    given.push({ name, text: scalarText(value, name, from), from });
  };
  const walk = (node: unknown, path: readonly string[]): unknown => {
    if (isMap(node)) {
      const result: Record<string, unknown> = Object.create(null);
      for (const pair of node.items) {
        const key = isScalar(pair.key) ? String(pair.key.value) : "";
        if (key === "") throw malformed(`${at(pair.key)}: a key must be a plain word`);
        const child = [...path, key];
        const name = flatName(child.join("."));
        const value = walk(pair.value, child);
        if (name === null) result[key] = value;
        else flat(name, value, at(pair.key));
      }
      return result;
    }
    if (isSeq(node)) return node.items.map((item, index) => walk(item, [...path, String(index)]));
    if (isScalar(node)) return expand(node.value, node.type === "PLAIN", lookup, path.join("."), at(node));
    if (node === null) return null;
    throw malformed(`${at(node)}: anchors and aliases are not taken`);
  };
  for (const pair of root.items) {
    const key = isScalar(pair.key) ? String(pair.key.value) : "";
    if (key === "") throw malformed(`${at(pair.key)}: a key must be a plain word`);
    const upper = key.toUpperCase();
    // `bus: redis` is the setting BUS, `bus: {…}` is the section.
    const isSection = SECTIONS.includes(key) && !(isKnownName(upper) && isScalar(pair.value));
    const value = walk(pair.value, [key]);
    if (isSection) sections[key] = value ?? {};
    else if (key === upper || key === key.toLowerCase()) flat(isKnownName(upper) ? upper : key, value, at(pair.key));
    else flat(key, value, at(pair.key));
  }
  const from = (path: readonly string[]): string => {
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true);
      if (node !== undefined && node !== null) return at(node);
    }
    return file;
  };
  return { given, sections, from };
}

const VARIABLE = /\$\{([^}]*)\}/g;

/** `${NAME}` and `${NAME:-default}`; what comes out of an unquoted value is read again, so that a port is a number. */
function expand(value: unknown, plain: boolean, lookup: Lookup, path: string, from: string): unknown {
  if (typeof value !== "string" || !value.includes("${")) return value;
  const text = value.replace(VARIABLE, (whole, inside: string) => {
    const match = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s.exec(inside);
    if (match === null) throw malformed(`${path}: ${whole} (${from}) is not \${NAME} or \${NAME:-default}`);
    const found = lookup(match[1]!);
    if (found !== undefined && found !== "") return found;
    if (match[2] === undefined) throw malformed(`${path}: ${whole} (${from}) is not set and has no default`);
    return match[2];
  });
  if (!plain) return text;
  try {
    const again: unknown = parse(text);
    return typeof again === "object" ? text : again;
  } catch {
    return text; // a URL or a sentence: text it is
  }
}

function scalarText(value: unknown, name: string, from: string): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map((one) => scalarText(one, name, from)).join(",");
  // A map under a name nobody knows: the name is the mistake to tell, and is told where names are checked.
  if (typeof value === "object" && !isKnownName(name)) return "";
  if (typeof value === "object") throw malformed(`${name} (${from}) is a map; allowed is one value or a list`);
  return String(value);
}

/** One value of `--set path=value`, read as the file would read it. */
export function yamlValue(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return text;
  }
}

function malformed(message: string): TapebellError {
  return new TapebellError("usage", "bad_config_file", message, {
    hint: "docs/settings.md shows what the file may hold",
  });
}
