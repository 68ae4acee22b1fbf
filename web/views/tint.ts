const TINT_MS = 400;

export const reducedMotion = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** A changed number shows its direction for a moment; the text itself stays still. */
export function tint(element: HTMLElement, change: number): void {
  if (change === 0 || reducedMotion()) return;
  const colour = change > 0 ? "var(--up-tint)" : "var(--down-tint)";
  element.animate([{ backgroundColor: colour }, { backgroundColor: "transparent" }], {
    duration: TINT_MS,
    easing: "ease-out",
  });
}
