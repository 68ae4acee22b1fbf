import type { Sent } from "./venue-child.ts";

const CHILD = new URL("./venue-child.ts", import.meta.url).pathname;

/** A local venue in a process of its own: it costs the measured one nothing. */
export interface Venue {
  readonly stream: string;
  readonly rest: string;
  /** The measured frames begin; resolves when all have been sent. */
  go(): Promise<Sent>;
  end(): Promise<void>;
}

export async function venueOf(symbols: readonly string[], rate: number, seconds: number): Promise<Venue> {
  const child = Bun.spawn([process.execPath, CHILD, symbols.join(","), String(rate), String(seconds)], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  const decoder = new TextDecoder();
  let text = "";
  const reader = child.stdout.getReader();
  const line = async (): Promise<string> => {
    while (!text.includes("\n")) text += decoder.decode((await reader.read()).value, { stream: true });
    const end = text.indexOf("\n");
    const found = text.slice(0, end);
    text = text.slice(end + 1);
    return found;
  };
  const say = (): void => {
    child.stdin.write("\n");
    child.stdin.flush();
  };
  const addresses = JSON.parse(await line()) as { stream: string; rest: string };
  return {
    ...addresses,
    async go() {
      say();
      return JSON.parse(await line()) as Sent;
    },
    async end() {
      say();
      await child.exited;
    },
  };
}
