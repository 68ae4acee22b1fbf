import { passes } from "../graph/door.ts";
import type { Bin, MarketRecord } from "../messages/index.ts";
import { bars } from "../stages/bars/index.ts";
import type { BarsSettings } from "../stages/bars/settings.ts";
import type { BarsState } from "../stages/bars/state.ts";
import { type BinsState, bins } from "../stages/bins.ts";
import { type DedupeSettings, type DedupeState, dedupe } from "../stages/dedupe.ts";
import type { Profile, ProfileInput, Written } from "./profile.ts";

/** Only bins need to remember anything: every other record of a profile is one of the tape's in other words. */
export interface ProfileState {
  bins: { dedupe: DedupeState; bars: BarsState; bins: BinsState } | null;
}

export type ProfileBinSettings = BarsSettings & DedupeSettings;

/** Beyond its own bins' lateness a door has nothing to correct. */
const DOOR_REVISE_MS = 60_000;

/** Version of the state, for who saves it. */
export const PROFILES_VERSION = [dedupe, bars, bins].map((stage) => stage.version).join(".");

/** `settings`: null where no bins are asked for. */
export function initProfiles(settings: ProfileBinSettings | null): ProfileState {
  if (settings === null) return { bins: null };
  const own = { ...settings, intervals: ["1s"], forming_ms: 0, revise_ms: DOOR_REVISE_MS };
  return { bins: { dedupe: dedupe.init(own), bars: bars.init(own), bins: bins.init(own) } };
}

export interface ProfileWriters {
  readonly profiles: readonly Profile[];
  /** What concerns all symbols stands in every partition: it is written from one of them. */
  readonly isFirstPartition: boolean;
}

/** One record of the tape → what the other systems are told. */
export function stepProfiles(
  state: ProfileState,
  { profiles, isFirstPartition }: ProfileWriters,
  record: ProfileInput,
  sent_ms: number,
  emit: (out: Written) => void,
): void {
  if (isFirstPartition || "symbol" in record) write(profiles, record, sent_ms, emit);
  if (state.bins !== null) {
    binsOf(state.bins, record as MarketRecord, (bin) => write(profiles, bin, sent_ms, emit));
  }
}

function write(
  profiles: readonly Profile[],
  record: ProfileInput,
  sent_ms: number,
  emit: (out: Written) => void,
): void {
  for (const profile of profiles) for (const out of profile.write(record, sent_ms)) emit(out);
}

/** Bins hold the trades that bars count, and no others. */
function binsOf(state: NonNullable<ProfileState["bins"]>, record: MarketRecord, emit: (bin: Bin) => void): void {
  if (record.kind === "headline") return;
  if (!passes(state, record, ignore)) return;
  bins.step(state.bins, record, (out) => {
    // What enters no bin is told where the bars are made.
    if (out.kind === "bin") emit(out);
  });
}

const ignore = (): void => undefined;
