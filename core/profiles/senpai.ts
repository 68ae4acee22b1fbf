import type { Book, Features, Heartbeat, Quote, Signal, SystemAlert, Trade } from "../messages/index.ts";
import { busyTopic, type Profile, rareTopic, type Written, withoutOrigin, written, writtenFor } from "./profile.ts";

const EVENTS = "md.events";
const FEATURES = "senpai.features";
const SIGNALS = "senpai.signals";
const ALERTS = "senpai.alerts";
/** What is said of the system, and of no symbol. */
export const SYSTEM_TOKEN = "__system__";

/** The market-data service and its consumer: one subject per kind and symbol. */
export const senpai: Profile = {
  reads: ["market", "features", "signals", "system"],
  topics: [
    ...["trade", "quote", "book_l2", "heartbeat"].map((type) => busyTopic(`${EVENTS}.${type}`)),
    busyTopic(FEATURES),
    rareTopic(SIGNALS),
    rareTopic(ALERTS),
  ],
  write(record) {
    switch (record.kind) {
      case "trade":
      case "quote":
        return [event(record.kind, record as Trade | Quote)];
      case "book":
        return [event("book_l2", record as Book)];
      case "heartbeat":
        return [writtenFor(`${EVENTS}.heartbeat`, SYSTEM_TOKEN, withoutOrigin(record as Heartbeat))];
      case "features":
        return [writtenFor(FEATURES, (record as Features).symbol, withoutOrigin(record))];
      case "signal": {
        // What rules and models say is another system's.
        const signal = record as Signal;
        return signal.direction === undefined ? [] : [writtenFor(SIGNALS, signal.symbol, withoutOrigin(signal))];
      }
      case "system_alert":
        return [written(ALERTS, (record as SystemAlert).id, withoutOrigin(record))];
      default:
        return [];
    }
  },
};

const event = (kind: string, record: Trade | Quote | Book): Written =>
  writtenFor(`${EVENTS}.${kind}`, record.symbol, { ...withoutOrigin(record), kind });
