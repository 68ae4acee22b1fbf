import { TapebellError } from "../../core/errors.ts";

/** A model that cannot be used: which file, what is wrong with it, what to do. */
export function modelError(file: string, what: string, hint: string, cause?: unknown): TapebellError {
  return new TapebellError("usage", "model_file", `model ${file} ${what}`, { hint, cause });
}
