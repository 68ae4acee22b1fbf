import { TapebellError } from "../core/errors.ts";
import type { Settings } from "../core/settings/index.ts";
import type { World } from "../db/index.ts";

/** Which world a start would run. */
export function originOf({ FEED }: Pick<Settings, "FEED">): World {
  if (FEED === "auto" || FEED === "synthetic") return "synthetic";
  throw new TapebellError("usage", "feed_unavailable", `FEED=${FEED} is not in this version yet`, {
    hint: "use FEED=auto or FEED=synthetic",
  });
}
