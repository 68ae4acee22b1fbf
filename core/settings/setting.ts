import { z } from "zod";

/** How a value is shown: as it is, not at all, or without the password inside a URL. */
export type Secrecy = "open" | "secret" | "url";

/** One declared setting. Values arrive as text from every source, so the schema reads text and the default is text too. */
export interface Setting<T> {
  readonly schema: z.ZodType<T, string>;
  /** The default as a person would write it. */
  readonly fallback: string;
  readonly meaning: string;
  /** What the schema takes, in words; part of the message when it refuses. */
  readonly allowed: string;
  readonly secrecy: Secrecy;
}

interface Kind<T> {
  readonly schema: z.ZodType<T, string>;
  readonly allowed: string;
  readonly secrecy?: Secrecy;
}

export function setting<T>(kind: Kind<T>, fallback: string, meaning: string): Setting<T> {
  return { schema: kind.schema, allowed: kind.allowed, secrecy: kind.secrecy ?? "open", fallback, meaning };
}

/** `read` answers undefined for what it refuses; the refusal is the kind's own words, so no message speaks of schemas. */
export function kind<T>(allowed: string, read: (text: string) => T | undefined, secrecy?: Secrecy): Kind<T> {
  const schema = z.string().transform((text, context): T => {
    const value = read(text.trim());
    if (value !== undefined) return value;
    context.addIssue({ code: "custom", message: allowed });
    return z.NEVER;
  });
  return secrecy === undefined ? { schema, allowed } : { schema, allowed, secrecy };
}

const TEXT_MAX = 4_096;
const LIST_MAX = 1_000;

export interface Range {
  readonly min?: number;
  readonly max?: number;
  /** The lower bound itself is not allowed. */
  readonly above?: number;
}

function rangeWords({ min, max, above }: Range): string {
  const low = above !== undefined ? ` above ${above}` : min !== undefined ? ` from ${min}` : "";
  const high =
    max === undefined ? "" : low === "" ? ` up to ${max}` : `${above !== undefined ? " and up" : ""} to ${max}`;
  return `${low}${high}`;
}

function inRange(value: number, { min, max, above }: Range): boolean {
  return (
    (min === undefined || value >= min) && (max === undefined || value <= max) && (above === undefined || value > above)
  );
}

export function int(range: Range): Kind<number> {
  return kind(`a whole number${rangeWords(range)}`, (text) => {
    if (!/^[+-]?\d{1,15}$/.test(text)) return undefined;
    const value = Number(text);
    return inRange(value, range) ? value : undefined;
  });
}

export function decimal(range: Range): Kind<number> {
  return kind(`a number${rangeWords(range)}`, (text) => {
    if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i.test(text) || text.length > 40) return undefined;
    const value = Number(text);
    return Number.isFinite(value) && inRange(value, range) ? value : undefined;
  });
}

const TRUE = new Set(["true", "yes", "on", "1"]);
const FALSE = new Set(["false", "no", "off", "0"]);

export function flag(): Kind<boolean> {
  return kind("true or false", (text) => {
    const word = text.toLowerCase();
    return TRUE.has(word) ? true : FALSE.has(word) ? false : undefined;
  });
}

/** Words in any case; `aliases` are other spellings the source systems use. */
export function oneOf<const W extends string>(words: readonly W[], aliases: Record<string, W> = {}): Kind<W> {
  return kind(`one of ${words.join(", ")}`, (text) => {
    const word = text.toLowerCase();
    return words.find((one) => one === word) ?? (Object.hasOwn(aliases, word) ? aliases[word] : undefined);
  });
}

export function text(options: { readonly empty?: boolean; readonly secrecy?: Secrecy } = {}): Kind<string> {
  const allowed = `a text of at most ${TEXT_MAX} characters${options.empty === true ? ", or empty" : ""}`;
  return kind(
    allowed,
    (value) => (value.length > TEXT_MAX || (value === "" && options.empty !== true) ? undefined : value),
    options.secrecy,
  );
}

export function url(schemes: readonly string[], options: { readonly empty?: boolean } = {}): Kind<string> {
  const shape = schemes.map((scheme) => `${scheme}://…`).join(" or ");
  const prefix = new RegExp(`^(${schemes.map((scheme) => scheme.replace("+", "\\+")).join("|")})://[^\\s]+$`, "i");
  return kind(
    `a URL ${shape}${options.empty === true ? ", or empty" : ""}`,
    (value) => {
      if (value === "") return options.empty === true ? "" : undefined;
      return value.length <= TEXT_MAX && prefix.test(value) ? value : undefined;
    },
    "url",
  );
}

/** Comma-separated; spaces around an entry and empty entries do not count. */
export function list<T>(one: Kind<T>, options: { readonly min?: number; readonly max?: number } = {}): Kind<T[]> {
  const { min = 0, max = LIST_MAX } = options;
  const count = min === 0 ? `at most ${max}` : `${min} to ${max}`;
  return kind(
    `a comma-separated list of ${count} entries, each ${one.allowed}`,
    (value) => {
      const entries = value.split(",").map((entry) => entry.trim());
      const values: T[] = [];
      for (const entry of entries) {
        if (entry === "") continue;
        const parsed = one.schema.safeParse(entry);
        if (!parsed.success) return undefined;
        values.push(parsed.data);
      }
      return values.length >= min && values.length <= max ? values : undefined;
    },
    one.secrecy,
  );
}

/** Empty means: none. */
export function optional<T>(inner: Kind<T>): Kind<T | null> {
  return kind(
    `${inner.allowed}, or empty`,
    (value) => {
      if (value === "") return null;
      const parsed = inner.schema.safeParse(value);
      return parsed.success ? parsed.data : undefined;
    },
    inner.secrecy,
  );
}

export const port = (): Kind<number> => int({ min: 0, max: 65_535 });
/** Seconds and counts that mean nothing at zero. */
export const positive = (max = 1e9): Kind<number> => decimal({ above: 0, max });
export const count = (max = 1e9): Kind<number> => int({ min: 1, max });

export function group<const S extends Record<string, Setting<unknown>>>(settings: S): S {
  return settings;
}
