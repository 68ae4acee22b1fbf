import type { Stage } from "../stage.ts";

/** All a stage says of its input, as text, and its state at the end; begun anew from its saved state at some places. */
export function outputs<S, I, O extends object, X>(
  stage: Stage<S, I, O, X>,
  settings: X,
  input: readonly I[],
  restarts: ReadonlySet<number> = new Set(),
): string[] {
  let state = stage.init(settings);
  const out: string[] = [];
  input.forEach((record, i) => {
    if (restarts.has(i)) state = JSON.parse(JSON.stringify(state)) as S;
    stage.step(state, record, (one) => out.push(JSON.stringify(one)));
  });
  out.push(JSON.stringify(state));
  return out;
}
