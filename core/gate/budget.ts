const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Event times of what was admitted in the last hour; never longer than the hour's bound. */
export type Budget = number[];

/** Takes one out of the budget if there is room at `at_ms`. */
export function admit(
  budget: Budget,
  at_ms: number,
  bound: { readonly minute: number; readonly hour: number },
): boolean {
  while (budget.length > 0 && budget[0]! <= at_ms - HOUR_MS) budget.shift();
  if (budget.length >= bound.hour) return false;
  let minute = 0;
  for (const taken_ms of budget) if (taken_ms > at_ms - MINUTE_MS) minute++;
  if (minute >= bound.minute) return false;
  budget.push(at_ms);
  budget.sort((a, b) => a - b);
  return true;
}
