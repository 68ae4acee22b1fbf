/** What is known of a venue. `settling`: it answers again, but not long enough to go back to it. */
export type Health = "unknown" | "well" | "down" | "settling";
export type Sign = "answers" | "fails" | "settled";

export const HEALTHS: readonly Health[] = ["unknown", "well", "down", "settling"];
export const SIGNS: readonly Sign[] = ["answers", "fails", "settled"];

export const NEXT_HEALTH: Record<Health, Record<Sign, Health>> = {
  unknown: { answers: "well", fails: "down", settled: "unknown" },
  well: { answers: "well", fails: "down", settled: "well" },
  down: { answers: "settling", fails: "down", settled: "down" },
  settling: { answers: "settling", fails: "down", settled: "well" },
};
