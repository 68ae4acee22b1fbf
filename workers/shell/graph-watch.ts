import type { Settings } from "../../core/settings/index.ts";
import { TOPICS } from "../../core/topics.ts";
import type { Log } from "../../server/log.ts";
import { Cadence } from "./cadence.ts";

export type GraphLogSettings = Pick<
  Settings,
  "ALERT_LOG_EVERY" | "BAD_PRICE_LOG_EVERY" | "LATE_PRICE_LOG_EVERY" | "PRICE_PUBLISH_LOG_EVERY"
>;

/** Log lines about what the graph says and refuses, at the set cadences. */
export class GraphWatch {
  private readonly prices: Cadence;
  private readonly alerts: Cadence;
  private readonly late: Cadence;
  private readonly bad: Cadence;
  private lastAlert = "";
  private seen: { late: number; bad: number } | null = null;

  constructor(log: Pick<Log, "info" | "warn">, settings: GraphLogSettings) {
    const counts = () => ({ prices: this.prices.total, alerts: this.alerts.total });
    this.prices = new Cadence(settings.PRICE_PUBLISH_LOG_EVERY, () => log.info(counts(), "prices published"), false);
    this.alerts = new Cadence(settings.ALERT_LOG_EVERY, () =>
      log.info({ ...counts(), newest: this.lastAlert }, "alerts published"),
    );
    this.late = new Cadence(settings.LATE_PRICE_LOG_EVERY, (late_prices) =>
      log.warn({ late_prices }, "a price came too late for the windows and was left out"),
    );
    this.bad = new Cadence(settings.BAD_PRICE_LOG_EVERY, (bad_prices) =>
      log.warn({ bad_prices }, "a price was refused; its raw text is with the dead letters"),
    );
  }

  /** What leaves the graph, once it follows live. */
  output(topic: string, record: object): void {
    if (topic === TOPICS.prices.name) this.prices.count();
    else if (topic === TOPICS.alerts.name && "id" in record && isNews(record)) {
      this.lastAlert = String(record.id);
      this.alerts.count();
    }
  }

  /** The graph's own counts, about once a second; what an earlier run counted is not said again. */
  counted({ late_prices = 0, invalid = 0, undecodable = 0 }: Readonly<Record<string, number>>): void {
    const now = { late: late_prices, bad: invalid + undecodable };
    if (this.seen !== null) {
      this.late.count(now.late - this.seen.late);
      this.bad.count(now.bad - this.seen.bad);
    }
    this.seen = now;
  }
}

/** Enrichments are no new alert, and what history would have brought is none. */
const isNews = (record: object): boolean =>
  "revision" in record && Number(record.revision) % 2 === 0 && !("would_have" in record);
