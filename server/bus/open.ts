import { TapebellError } from "../../core/errors.ts";
import { type BusHost, openEmbeddedBus } from "./embedded/host.ts";
import type { EmbeddedOptions } from "./embedded/wire.ts";

export interface BusOptions extends EmbeddedOptions {
  /** The setting BUS. */
  readonly engine: string;
}

/** The bus the settings ask for. Another engine joins by one line here and a folder beside `embedded`. */
export async function openBus({ engine, ...options }: BusOptions): Promise<BusHost> {
  if (engine === "embedded") return openEmbeddedBus(options);
  throw new TapebellError("usage", "unknown_bus", `BUS=${engine} is not a bus this version has`, {
    hint: "use BUS=embedded",
  });
}
