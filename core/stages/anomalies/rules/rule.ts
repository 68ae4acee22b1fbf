import type { Direction } from "../../../messages/index.ts";
import type { Minute } from "../closes.ts";
import type { Print } from "../prints.ts";
import type { AdaptiveSettings, RuleName } from "../settings.ts";
import type { SymbolState } from "../symbol.ts";

/** A rule's verdict on one print: this far, in this window, is beyond what it allows. */
export interface Hit {
  readonly rule: RuleName;
  readonly window: string;
  readonly window_ms: number;
  readonly direction: Direction;
  readonly ret: number;
  /** The return the rule asks for. */
  readonly limit: number;
  /** The price the return is measured from. */
  readonly from: number;
  /** Price and volume together: worth a push. */
  readonly strong: boolean;
  readonly rarity: string | null;
  /** Where the move began, if the rule knows it and the prices do not. */
  readonly start_ms?: number;
}

/**
 * Judges believed prints, one by one, after the symbol has taken them in. Its own state is small plain data per symbol;
 * all else is the symbol's. A rule knows nothing of excursions, gate or text.
 */
export interface Rule<Own> {
  readonly name: RuleName;
  init(settings: AdaptiveSettings): Own;
  judge(own: Own, symbol: SymbolState, print: Print, settings: AdaptiveSettings, hits: Hit[]): void;
  /** The windows began anew: trades in a row are counted from zero. */
  restart(own: Own): void;
  /**
   * A minute of history, oldest first, before the symbol has taken it in: what it would have hit, by what a minute can tell
   * for certain; and what is normal may be learnt from it.
   */
  minute?(own: Own, symbol: SymbolState, minute: Minute, settings: AdaptiveSettings, hits: Hit[]): void;
}
