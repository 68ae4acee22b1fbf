import { ARITHMETIC, COMPARE, type Condition, finite, firstThat, type Vector } from "./operators.ts";
import { expressionError, type Token, tokens } from "./tokens.ts";

type Quantity = (vector: Vector) => number | null;

/** The key of the vector a name stands for; null where there is none. */
export interface Names {
  key(name: string): string | null;
  /** Said when a name is not known. */
  readonly known: readonly string[];
}

type Part = { readonly is: "number"; readonly of: Quantity } | { readonly is: "truth"; readonly of: Condition };

const DEPTH_MAX = 64;
const KNOWN_SHOWN = 200;

const WORDS = new Set(["and", "or", "not"]);

/** A condition in our small language → a function. Parsed once; nothing of the text is ever run. */
export function compile(source: string, names: Names): Condition {
  return new Parser(source, names).whole();
}

class Parser {
  private readonly all: readonly Token[];
  private next = 0;
  private depth = 0;

  constructor(
    private readonly source: string,
    private readonly names: Names,
  ) {
    this.all = tokens(source);
  }

  whole(): Condition {
    const [start] = this.all;
    if (start!.kind === "end") throw this.error(start!, "a condition is missing");
    const part = this.either();
    const { peek } = this;
    if (peek.kind !== "end") throw this.error(peek, `"${peek.text}" does not belong here`);
    return this.truth(part, start!);
  }

  private get peek(): Token {
    return this.all[this.next]!;
  }

  private error(token: Token, what: string, hint?: string): Error {
    return expressionError(this.source, token.at, what, hint);
  }

  /** The operator that comes next if it is one of these, taken. */
  private take(...texts: readonly string[]): Token | null {
    const token = this.peek;
    const isWord = token.kind === "name" && WORDS.has(token.text);
    if ((token.kind !== "operator" && !isWord) || !texts.includes(token.text)) return null;
    this.next++;
    return token;
  }

  /** One level deeper for as long as `parse` takes. */
  private deeper(parse: () => Part): Part {
    if (++this.depth > DEPTH_MAX) throw this.error(this.peek, `nested more than ${DEPTH_MAX} deep`);
    const part = parse();
    this.depth--;
    return part;
  }

  private truth(part: Part, start: Token): Condition {
    if (part.is === "truth") return part.of;
    throw this.error(start, "a number stands where a condition is needed", "compare it, such as rsi > 70");
  }

  private number(part: Part, start: Token): Quantity {
    if (part.is === "number") return part.of;
    throw this.error(start, "a condition stands where a number is needed", "join conditions with and, or, not");
  }

  private either(): Part {
    const start = this.peek;
    const first = this.both();
    if (this.peek.text !== "or") return first;
    const all = [this.truth(first, start)];
    while (this.take("or") !== null) {
      const at = this.peek;
      all.push(this.truth(this.both(), at));
    }
    return { is: "truth", of: (vector) => firstThat(all, vector, true) };
  }

  private both(): Part {
    const start = this.peek;
    const first = this.negation();
    if (this.peek.text !== "and") return first;
    const all = [this.truth(first, start)];
    while (this.take("and") !== null) {
      const at = this.peek;
      all.push(this.truth(this.negation(), at));
    }
    return { is: "truth", of: (vector) => firstThat(all, vector, false) };
  }

  private negation(): Part {
    if (this.take("not") === null) return this.comparison();
    const start = this.peek;
    const of = this.truth(
      this.deeper(() => this.negation()),
      start,
    );
    return {
      is: "truth",
      of: (vector) => {
        const said = of(vector);
        return said === null ? null : !said;
      },
    };
  }

  /** `1 < a < 2` says both. */
  private comparison(): Part {
    const start = this.peek;
    const first = this.sum();
    const links: Condition[] = [];
    let left = first;
    let leftAt = start;
    for (let op = this.take(...Object.keys(COMPARE)); op !== null; op = this.take(...Object.keys(COMPARE))) {
      const holds = COMPARE[op.text]!;
      const rightAt = this.peek;
      const right = this.sum();
      const a = this.number(left, leftAt);
      const b = this.number(right, rightAt);
      links.push((vector) => {
        const x = a(vector);
        const y = b(vector);
        return x === null || y === null ? null : holds(x, y);
      });
      left = right;
      leftAt = rightAt;
    }
    if (links.length === 0) return first;
    return { is: "truth", of: links.length === 1 ? links[0]! : (vector) => firstThat(links, vector, false) };
  }

  private sum(): Part {
    return this.chain(["+", "-"], () => this.product());
  }

  private product(): Part {
    return this.chain(["*", "/"], () => this.signed());
  }

  private chain(operators: readonly string[], operand: () => Part): Part {
    const start = this.peek;
    let part = operand();
    for (let op = this.take(...operators); op !== null; op = this.take(...operators)) {
      const combine = ARITHMETIC[op.text]!;
      const a = this.number(part, start);
      const at = this.peek;
      const b = this.number(operand(), at);
      part = {
        is: "number",
        of: (vector) => {
          const x = a(vector);
          const y = b(vector);
          return x === null || y === null ? null : finite(combine(x, y));
        },
      };
    }
    return part;
  }

  private signed(): Part {
    const sign = this.take("-", "+");
    if (sign === null) return this.atom();
    const start = this.peek;
    const of = this.number(
      this.deeper(() => this.signed()),
      start,
    );
    if (sign.text === "+") return { is: "number", of };
    return {
      is: "number",
      of: (vector) => {
        const x = of(vector);
        return x === null ? null : -x;
      },
    };
  }

  private atom(): Part {
    const token = this.peek;
    if (this.take("(") !== null) {
      const part = this.deeper(() => this.either());
      if (this.take(")") === null)
        throw this.error(this.peek, `the parenthesis of column ${token.at + 1} is not closed`);
      return part;
    }
    if (token.kind === "number") {
      this.next++;
      const value = Number(token.text);
      if (!Number.isFinite(value)) throw this.error(token, `${token.text} is too large`);
      return { is: "number", of: () => value };
    }
    if (token.kind === "name" && !WORDS.has(token.text)) {
      this.next++;
      return { is: "number", of: this.feature(token) };
    }
    const what =
      token.kind === "end"
        ? "it ends where a number or a name is needed"
        : `"${token.text}" stands where a number or a name is needed`;
    throw this.error(token, what);
  }

  private feature(token: Token): Quantity {
    const key = this.names.key(token.text);
    if (key === null) {
      const { known } = this.names;
      const more = known.length > KNOWN_SHOWN ? ` and ${known.length - KNOWN_SHOWN} more` : "";
      throw this.error(
        token,
        `"${token.text}" is not known`,
        `known: ${known.slice(0, KNOWN_SHOWN).join(", ")}${more}`,
      );
    }
    return (vector) => {
      const value = vector[key];
      return typeof value === "number" ? finite(value) : null;
    };
  }
}
