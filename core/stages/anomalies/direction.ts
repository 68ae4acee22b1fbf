import type { Direction } from "../../messages/index.ts";

export const sideOf = (direction: Direction): "buy" | "sell" => (direction === "up" ? "buy" : "sell");
export const signOf = (direction: Direction): 1 | -1 => (direction === "up" ? 1 : -1);
