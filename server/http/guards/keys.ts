import { createHash, timingSafeEqual } from "node:crypto";

const digest = (key: string): Buffer => createHash("sha256").update(key, "utf8").digest();

/** Knows keys by their hashes only, so that no log, dump or error can show one. */
export class ApiKeys {
  private readonly hashes: readonly Buffer[];

  constructor(keys: readonly string[]) {
    this.hashes = keys.filter((key) => key !== "").map(digest);
  }

  get areRequired(): boolean {
    return this.hashes.length > 0;
  }

  /** Which key it is, as a name for its limit; null when it is none. Looks at every key whatever it finds. */
  match(key: string): string | null {
    const given = digest(key);
    let found: string | null = null;
    for (const [i, hash] of this.hashes.entries()) if (timingSafeEqual(hash, given)) found = `key-${i}`;
    return found;
  }
}

/** The key a request carries; empty when it carries none. */
export function keyIn(headers: Headers): string {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "");
  return bearer?.[1] ?? headers.get("x-api-key") ?? "";
}
