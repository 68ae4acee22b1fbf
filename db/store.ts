import type { Origin } from "../core/messages/index.ts";
import type { Store } from "../core/ports/store.ts";
import { unwrapped } from "./client-face.ts";
import type { Database } from "./database.ts";
import * as tape from "./repositories/alerts.ts";
import * as bars from "./repositories/bars.ts";
import { forget } from "./repositories/forget.ts";
import * as ledger from "./repositories/gaps.ts";
import * as source from "./repositories/source.ts";
import * as work from "./repositories/work.ts";

/** The `Store` over an open database. `own` is the origin of this world's records. */
export function storeOver(database: Database, own: Origin): Store {
  const { reads } = database;
  return {
    async writeBars(from, rows) {
      const final = rows.filter((bar) => bar.final);
      const said = final.every((bar) => bar.origin !== undefined);
      const bearing = said ? (final as bars.OwnBar[]) : final.map((bar) => bars.withOrigin(bar, own));
      const result = await bars.barsUpsert.write(database, from, bearing);
      return { ...result, refused: rows.length - result.written };
    },
    writeAlerts: (from, rows) => tape.alertsUpsert.write(database, from, rows),
    writeSignals: (from, rows) => tape.signalsUpsert.write(database, from, rows),
    writeGaps: (from, rows) => ledger.gapsUpsert.write(database, from, rows),
    writeDeadLetters: (from, rows) => ledger.deadLettersUpsert.write(database, from, rows),
    writePrices: (from, rows) => source.pricesUpsert.write(database, from, rows),
    writeMetrics: (from, rows) => source.metricsUpsert.write(database, from, rows),
    writeHeadlines: (from, rows) => source.headlinesUpsert.write(database, from, rows),
    writeAnomalies: (from, rows) => source.anomaliesUpsert.write(database, from, rows),
    async recordJobRun(run) {
      await work.jobRunsUpsert.write(database, null, [run]);
    },
    forget: (what, rule) => forget(database, what, rule),

    readBars: (query) => unwrapped(bars.readBars(reads, query, own)),
    readAlerts: (query) => unwrapped(tape.readAlerts(reads, query)),
    readAlert: (id) => unwrapped(tape.readAlert(reads, id)),
    readSignals: (query) => unwrapped(tape.readSignals(reads, query)),
    readGaps: (query) => unwrapped(ledger.readGaps(reads, query)),
    readDeadLetters: (query) => unwrapped(ledger.readDeadLetters(reads, query)),
    readPrices: (query) => unwrapped(source.readPrices(reads, query)),
    readMetrics: (query) => unwrapped(source.readMetrics(reads, query)),
    readHeadlines: (query) => unwrapped(source.readHeadlines(reads, query)),
    readAnomalies: (query) => unwrapped(source.readAnomalies(reads, query)),
    readJobRuns: (query) => unwrapped(work.readJobRuns(reads, query)),
    readOffsets: (reader) => unwrapped(work.readOffsets(reads, reader)),
    health: () => database.health(),
    close: () => database.close(),
  };
}
