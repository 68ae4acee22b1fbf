import { ROLLING_FEATURES, type Rolling, type Trade } from "../../messages/index.ts";
import { valueAt } from "../blocks.ts";
import { featureOf, type Measured, sumUp, unmeasured } from "./measure.ts";
import type { Plan } from "./plan.ts";
import type { Series } from "./series.ts";

/** What is looked at: a symbol and its trades. */
interface Looked {
  readonly series: Series;
  readonly provider: string;
  readonly origin: Trade["origin"] | null;
}

/**
 * A `rolling` record as of the newest trade whose numbers are worked out when they are read: conditions are judged at
 * every trade and most need one or two numbers of the many. Good until the next trade.
 */
export class Look {
  readonly kind = "rolling";
  provider = "";
  origin: Trade["origin"];
  symbol = "";
  ts_ms = 0;
  price = 0;
  series: Series | null = null;
  /** By window; made when the first of its numbers is read. */
  readonly measured: { readonly of: Measured; made: boolean }[];

  constructor(readonly plan: Plan) {
    this.measured = plan.lengths_ms.map(() => ({ of: unmeasured(), made: false }));
  }

  at(symbol: string, one: Looked): Rolling {
    const { series } = one;
    const last = series.n - 1;
    this.provider = one.provider;
    this.origin = one.origin ?? undefined;
    this.symbol = symbol;
    this.ts_ms = valueAt(series.t, last);
    this.price = valueAt(series.p, last);
    this.series = series;
    for (const window of this.measured) {
      window.made = false;
      window.of.cutler = Number.NaN;
    }
    return this as unknown as Rolling;
  }
}

function windowOf(look: Look, which: number): Measured {
  const window = look.measured[which]!;
  if (!window.made) sumUp(look.series!, look.plan, which, look.ts_ms, window.of);
  window.made = true;
  return window.of;
}

const looks = new WeakMap<Plan, Look>();

/** The one to look through; each plan has its own names. */
export function lookOf(plan: Plan): Look {
  let look = looks.get(plan);
  if (look === undefined) {
    look = new Look(plan);
    for (let i = 0; i < plan.names.length; i++) {
      const which = Math.floor(i / ROLLING_FEATURES.length);
      const feature = ROLLING_FEATURES[i % ROLLING_FEATURES.length]!;
      Object.defineProperty(look, plan.names[i]!, {
        enumerable: true,
        get(this: Look) {
          return featureOf(feature, this.series!, this.plan, which, windowOf(this, which));
        },
      });
    }
    looks.set(plan, look);
  }
  return look;
}
