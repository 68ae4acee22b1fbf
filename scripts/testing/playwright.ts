import type { Skip, Tally } from "./tally.ts";

interface Annotation {
  readonly type?: string;
  readonly description?: string;
}
interface Spec {
  readonly title: string;
  readonly file?: string;
  readonly tests: readonly { readonly status: string; readonly annotations?: readonly Annotation[] }[];
}
interface Suite {
  readonly title: string;
  readonly specs?: readonly Spec[];
  readonly suites?: readonly Suite[];
}
interface Report {
  readonly suites?: readonly Suite[];
  readonly errors?: readonly { readonly message?: string }[];
}

/** Reads Playwright's JSON report. A test that passes only when tried again has failed once too often. */
export function readPlaywright(json: string): Tally {
  const report = JSON.parse(json) as Report;
  const skips: Skip[] = [];
  const failures = (report.errors ?? []).map((error) => `e2e › ${(error.message ?? "error").split("\n", 1)[0]}`);
  let passed = 0;
  const walk = (suite: Suite, path: readonly string[]): void => {
    for (const spec of suite.specs ?? []) {
      const what = [...path, spec.title].filter((part) => part !== "").join(" › ");
      for (const one of spec.tests) {
        if (one.status === "expected") passed++;
        else if (one.status === "skipped") {
          const why = one.annotations?.find((note) => note.type === "skip" || note.type === "fixme")?.description;
          skips.push({ what, why: why ?? "no reason given" });
        } else failures.push(`${what}${one.status === "flaky" ? " (passed only when tried again)" : ""}`);
      }
    }
    for (const inner of suite.suites ?? []) walk(inner, [...path, inner.title]);
  };
  for (const suite of report.suites ?? []) walk(suite, [suite.title]);
  return { passed, failed: failures.length, skips, failures };
}
