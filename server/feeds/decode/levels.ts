import { isAmount, isPrice } from "../../../core/messages/common.ts";
import { decimalText, shown } from "./fields.ts";
import { LEVELS_MAX } from "./limits.ts";

export type Level = readonly [number, number];

/** Levels written as [price, size, …] texts; or what is wrong with them. */
export function levelsOf(value: unknown, most = LEVELS_MAX): Level[] | string {
  if (!Array.isArray(value)) return `levels are ${shown(value)}`;
  if (value.length > most) return `there are ${value.length} levels`;
  const levels: Level[] = [];
  for (const level of value as unknown[]) {
    if (!Array.isArray(level)) return `a level is ${shown(level)}`;
    const price = decimalText(level[0]);
    const size = decimalText(level[1]);
    if (!isPrice(price) || !isAmount(size)) return `a level is ${shown(level)}`;
    levels.push([price, size]);
  }
  return levels;
}
