export const MARKET_PARTITIONS = 16;

/** The one place that says which partition of `tape.market` holds a symbol (FNV-1a over UTF-16 units). */
export function partitionOf(symbol: string, partitions: number = MARKET_PARTITIONS): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < symbol.length; i++) {
    hash ^= symbol.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return (hash >>> 0) % partitions;
}
