import { cpSync, existsSync } from "node:fs";

/**
 * Making an embedded database is seconds of work, opening one that is made a fraction of a second. The test runner makes
 * one and names it here; a test whose subject is not the making begins with a copy. Without it the product makes its own.
 */
export function lendStore(folder: string): void {
  const made = process.env.TEST_MADE_STORE ?? "";
  if (made !== "" && !existsSync(folder)) cpSync(made, folder, { recursive: true });
}
