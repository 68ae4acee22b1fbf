import { expect, test } from "bun:test";
import { TOPICS } from "../../core/topics.ts";
import { GraphWatch } from "./graph-watch.ts";

function world() {
  const lines: [level: string, text: string, fields: object][] = [];
  const say = (level: string) => (fields: object, text: string) => void lines.push([level, text, fields]);
  const settings = {
    ALERT_LOG_EVERY: 2,
    BAD_PRICE_LOG_EVERY: 10,
    LATE_PRICE_LOG_EVERY: 50,
    PRICE_PUBLISH_LOG_EVERY: 3,
  };
  return { lines, watch: new GraphWatch({ info: say("info"), warn: say("warn") } as never, settings) };
}

test("published prices are said every Nth, alerts the first too, each with the counts so far", () => {
  const { lines, watch } = world();
  const price = (): void => watch.output(TOPICS.prices.name, { symbol: "A", price: 1 });
  for (let n = 0; n < 3; n++) price();
  watch.output(TOPICS.alerts.name, { id: "A:up:1", revision: 0 });
  watch.output(TOPICS.alerts.name, { id: "A:up:1", revision: 1 });
  watch.output(TOPICS.alerts.name, { id: "A:down:1", revision: 0, would_have: true });
  watch.output(TOPICS.forming.name, {});
  price();
  watch.output(TOPICS.alerts.name, { id: "A:up:1", revision: 2 });
  expect(lines).toEqual([
    ["info", "prices published", { prices: 3, alerts: 0 }],
    ["info", "alerts published", { prices: 3, alerts: 1, newest: "A:up:1" }],
    ["info", "alerts published", { prices: 4, alerts: 2, newest: "A:up:1" }],
  ]);
});

test("late and refused prices: the first, then every Nth; what an earlier run counted is not said again", () => {
  const { lines, watch } = world();
  watch.counted({ late_prices: 400, invalid: 7 });
  expect(lines).toEqual([]);
  watch.counted({ late_prices: 401, invalid: 7, undecodable: 1 });
  watch.counted({ late_prices: 449, invalid: 7, undecodable: 1 });
  watch.counted({ late_prices: 450, invalid: 16, undecodable: 1 });
  const kinds = lines.map(([, , fields]) => fields);
  expect(kinds).toEqual([{ late_prices: 1 }, { bad_prices: 1 }, { late_prices: 50 }, { bad_prices: 10 }]);
  expect(lines.every(([level]) => level === "warn")).toBe(true);
});
