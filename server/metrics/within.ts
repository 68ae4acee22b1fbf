const BUS_DEADLINE_MS = 500;

/** A bus that does not answer leaves a hole in the figures, not a scrape that hangs. */
export async function within<T>(answer: Promise<T>): Promise<T | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), BUS_DEADLINE_MS);
  });
  return Promise.race([answer.catch(() => null), late]).finally(() => clearTimeout(timer));
}
