/** Numbers by name. What is missing, null or no finite number is not known. */
export type Vector = Readonly<Record<string, unknown>>;
/** Null = it cannot be said: a feature it needs is not known. */
export type Condition = (vector: Vector) => boolean | null;

export const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
};
export const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
};

export const finite = (x: number): number | null => (Number.isFinite(x) ? x : null);

/** "or" stops at what is true, "and" at what is false; what is not known leaves it open otherwise. */
export function firstThat(all: readonly Condition[], vector: Vector, stop: boolean): boolean | null {
  let open = false;
  for (const one of all) {
    const said = one(vector);
    if (said === stop) return stop;
    if (said === null) open = true;
  }
  return open ? null : !stop;
}
