import type { Signal } from "../../core/messages/signal.ts";
import { ARROW, number } from "./format.ts";

/** "▲ long", "▼ price momentum down, score 0.80": what was said, in the reader's words. */
export function signalWords({ name, value, score }: Signal): string {
  const arrow = value > 0 ? ARROW.up : value < 0 ? ARROW.down : "•";
  const said = `${arrow} ${name.replaceAll("_", " ")}`;
  return score === null ? said : `${said}, score ${number(score, 2)}`;
}
