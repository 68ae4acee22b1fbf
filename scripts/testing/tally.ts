export interface Skip {
  readonly what: string;
  readonly why: string;
}

/** What one step found. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skips: readonly Skip[];
  /** One line for each thing that failed, so that the end of a long log says what to look for. */
  readonly failures: readonly string[];
}

export const NOTHING: Tally = { passed: 0, failed: 0, skips: [], failures: [] };

export function add(a: Tally, b: Tally): Tally {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skips: [...a.skips, ...b.skips],
    failures: [...a.failures, ...b.failures],
  };
}

export const failure = (text: string): Tally => ({ passed: 0, failed: 1, skips: [], failures: [text] });

/** The end of the output; its last line is the promise that scripts read. */
export function summary(tally: Tally): string {
  const lines = [
    ...tally.failures.map((text) => `failed   ${text}`),
    ...tally.skips.map(({ what, why }) => `skipped  ${what}: ${why}`),
  ];
  const skipped = tally.skips.length > 0 ? `, ${tally.skips.length} skipped` : "";
  return `${[...lines, `${tally.passed} passed, ${tally.failed} failed${skipped}`].join("\n")}\n`;
}

/** A run that tested nothing has shown nothing. */
export const exitCode = (tally: Tally): number => (tally.failed > 0 || tally.passed === 0 ? 1 : 0);
