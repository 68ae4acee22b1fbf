/** What a column can be given; a column of times takes epoch ms. */
export type Value = string | number | boolean | null | readonly string[] | object;

/** A value as it travels. */
export type Encoded = string | number | boolean | null;

/** Postgres holds no NUL, and no half of a surrogate pair: both become the replacement character. */
export function cleanText(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  return whole.includes("\0") ? whole.replaceAll("\0", "\uFFFD") : whole;
}

/** JSON that `jsonb` takes. The escapes are looked for in the text first: almost no record has them. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value);
  if (!/\\u(0000|d[89a-f])/i.test(text)) return text;
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === "string") return cleanText(part);
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [cleanText(key), inner]));
  });
}

/** A one-dimensional Postgres array literal; both engines take it for any array type. */
export function arrayLiteral(values: readonly Encoded[]): string {
  let text = "{";
  let comma = "";
  for (const value of values) {
    text += comma;
    text += elementText(value);
    comma = ",";
  }
  return `${text}}`;
}

export const elementText = (value: Encoded): string =>
  typeof value === "string" ? quoted(value) : value === null ? "NULL" : `${value}`;

function quoted(value: string): string {
  const clean = cleanText(value);
  return SPECIAL.test(clean) ? `"${clean.replaceAll(/["\\]/g, "\\$&")}"` : `"${clean}"`;
}
const SPECIAL = /["\\]/;
