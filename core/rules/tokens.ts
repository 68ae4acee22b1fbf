import { TapebellError } from "../errors.ts";

export type TokenKind = "number" | "name" | "operator" | "end";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Offset in the expression. */
  readonly at: number;
}

const LENGTH_MAX = 2_000;
const NUMBER = /^(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![A-Za-z0-9_.])/;
/** A window may be called 5m: what begins with a digit and is no number is a name too. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.]*/;
const OPERATOR = /^(?:<=|>=|==|!=|[<>+\-*/()])/;
const SPACE = /^\s+/;

/** What is wrong with an expression, and where. */
export function expressionError(source: string, at: number, what: string, hint?: string): TapebellError {
  const before = source.slice(0, at);
  const line = before.split("\n").length;
  const column = at - before.lastIndexOf("\n");
  return new TapebellError("usage", "bad_expression", `line ${line}, column ${column}: ${what}`, {
    ...(hint === undefined ? {} : { hint }),
    cause: { line, column },
  });
}

export function tokens(source: string): Token[] {
  if (source.length > LENGTH_MAX)
    throw expressionError(source, 0, `${source.length} characters are too many, allowed are ${LENGTH_MAX}`);
  const found: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | null => pattern.exec(source.slice(at))?.[0] ?? null;
  while (at < source.length) {
    const space = take(SPACE);
    if (space !== null) {
      at += space.length;
      continue;
    }
    const number = take(NUMBER);
    const name = number === null ? take(NAME) : null;
    const text = number ?? name ?? take(OPERATOR);
    if (text === null) throw expressionError(source, at, `"${[...source.slice(at)][0]}" has no meaning here`, SPEAKS);
    found.push({ kind: number !== null ? "number" : name !== null ? "name" : "operator", text, at });
    at += text.length;
  }
  found.push({ kind: "end", text: "", at: source.length });
  return found;
}

const SPEAKS = "use numbers, feature names, + - * /, < <= > >= == !=, and, or, not and parentheses";
