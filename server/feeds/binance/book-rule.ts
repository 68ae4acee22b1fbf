import type { BookRule } from "../venue.ts";

/**
 * Spot: the first change after a snapshot holds the id after it, each later one begins where the last one ended.
 * Futures: the first one holds the snapshot's id, each later one names the last id of the one before.
 */
export const bookRule: BookRule = {
  follows(last_seq, update, isFirstAfterSnapshot) {
    const { first_seq, last_seq: to, prev_seq } = update;
    if (first_seq === null || to === null) return false;
    if (prev_seq !== null) {
      if (isFirstAfterSnapshot) return to < last_seq ? null : first_seq <= last_seq || prev_seq === last_seq;
      return prev_seq === last_seq ? true : to <= last_seq ? null : false;
    }
    if (to <= last_seq) return null;
    return isFirstAfterSnapshot ? first_seq <= last_seq + 1 : first_seq === last_seq + 1;
  },
  depth: null,
  checksum: null,
};
