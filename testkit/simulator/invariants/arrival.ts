import { MARKET_PARTITIONS, partitionOf } from "../../../core/partition.ts";
import type { Case } from "../evidence.ts";
import type { Delivery } from "../market.ts";

const isOn = (delivery: Delivery, partition: number): boolean => {
  if (!("record" in delivery)) return delivery.partition === partition;
  const { record } = delivery;
  return !("symbol" in record) || record.symbol === "*" || partitionOf(record.symbol) === partition;
};

const textOf = (delivery: Delivery): string =>
  "record" in delivery ? JSON.stringify(delivery.record) : delivery.garbage;

const brief = (text: string): string => text.slice(0, 160);

/** Whatever the ingest was told is durable stands in every log it belongs to. */
export function* ackedOnTape({ run, marketTexts }: Case): Iterable<string> {
  const { acked, schedule } = run;
  for (let partition = 0; partition < MARKET_PARTITIONS; partition++) {
    const there = new Set(marketTexts[partition]);
    for (const delivery of schedule.deliveries.slice(0, acked)) {
      const text = textOf(delivery);
      if (isOn(delivery, partition) && !there.has(text)) yield `partition ${partition} lacks ${brief(text)}`;
    }
  }
}

/** Repeats aside, a partition holds what arrived in the order in which it arrived. */
export function* inOrder({ run, marketTexts }: Case): Iterable<string> {
  for (let partition = 0; partition < MARKET_PARTITIONS; partition++) {
    const place = new Map<string, number>();
    run.schedule.deliveries.forEach((delivery, at) => {
      const text = textOf(delivery);
      if ("record" in delivery && isOn(delivery, partition) && !place.has(text)) place.set(text, at);
    });
    let newest = -1;
    for (const text of new Set(marketTexts[partition])) {
      const at = place.get(text);
      if (at === undefined) continue;
      if (at < newest) yield `partition ${partition}: overtaken was ${brief(text)}`;
      newest = Math.max(newest, at);
    }
  }
}
