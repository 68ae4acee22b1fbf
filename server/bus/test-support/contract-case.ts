import type { Bus } from "../../../core/ports/bus.ts";

/** One storage behind any number of buses: what two processes or two prefixes share. */
export interface BusWorld {
  open(prefix?: string): Promise<Bus>;
  /** Closes what it opened and removes what it stored. */
  dispose(): Promise<void>;
}

/** Made anew for each case. */
export interface Shared {
  world: BusWorld;
  bus: Bus;
}

export type Case = (name: string, run: () => Promise<void>) => void;

export async function refused(call: Promise<unknown>): Promise<{ code?: string; message: string; hint?: string }> {
  try {
    await call;
  } catch (error) {
    return error as { code?: string; message: string };
  }
  throw new Error("the call was not refused");
}
