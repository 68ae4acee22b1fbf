import { TapebellError } from "../../core/errors.ts";

export interface EnvLine {
  readonly name: string;
  readonly text: string;
  readonly line: number;
}

const ESCAPES: Record<string, string> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\", $: "$" };

/**
 * Reads a .env file. The rules are few, and the same on every runtime: `NAME=value`, an optional `export` before it,
 * comments after `#`, 'single quotes' taken as they are, "double quotes" with \n \r \t \" \\ \$; no expansion of $NAME
 * (a password may hold one), no value over several lines.
 */
export function parseEnvFile(content: string, file: string): EnvLine[] {
  const lines: EnvLine[] = [];
  for (const [index, raw] of content
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .entries()) {
    const line = index + 1;
    const text = raw.trim();
    if (text === "" || text.startsWith("#")) continue;
    const match = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/s.exec(text);
    if (match === null) throw malformed(file, line, "is not NAME=value");
    lines.push({ name: match[1]!, text: value(match[2]!, file, line), line });
  }
  return lines;
}

function value(text: string, file: string, line: number): string {
  const quote = text[0];
  if (quote !== '"' && quote !== "'") {
    const comment = text.search(/(^|\s)#/);
    return (comment === -1 ? text : text.slice(0, comment)).trim();
  }
  let result = "";
  for (let i = 1; i < text.length; i++) {
    const c = text[i]!;
    if (c === quote) {
      const rest = text.slice(i + 1).trim();
      if (rest !== "" && !rest.startsWith("#")) throw malformed(file, line, "has something after the closing quote");
      return result;
    }
    const escaped = quote === '"' && c === "\\" ? ESCAPES[text[i + 1] ?? ""] : undefined;
    if (escaped !== undefined) i++;
    result += escaped ?? c;
  }
  throw malformed(file, line, "opens a quote that is not closed on the same line");
}

/** The line itself is not shown: it may hold a key. */
function malformed(file: string, line: number, what: string): TapebellError {
  return new TapebellError("usage", "bad_env_file", `${file} line ${line} ${what}`, {
    hint: "write NAME=value, one a line, comments after #",
  });
}
