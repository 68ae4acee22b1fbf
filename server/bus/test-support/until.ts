/** Waits for a condition, not for a time; fails with what it was waiting for. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, deadline_ms = 8_000): Promise<void> {
  const end = performance.now() + deadline_ms;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited ${deadline_ms} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
