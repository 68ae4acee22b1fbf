import type { SocketPlan, VenueSymbol } from "./venue.ts";

export type Asks = (op: "subscribe" | "unsubscribe", symbols: readonly VenueSymbol[]) => readonly string[];

/** As many sockets as the symbols need, alike in all but those; `asks` writes what is said to get or to leave some. */
export function socketPlans(
  { url, login = [] }: { readonly url: string; readonly login?: readonly string[] },
  symbols: readonly VenueSymbol[],
  symbols_per_socket: number,
  asks: Asks,
): SocketPlan[] {
  const plans: SocketPlan[] = [];
  for (let at = 0; at < symbols.length; at += symbols_per_socket) {
    const part = symbols.slice(at, at + symbols_per_socket);
    plans.push({
      url,
      symbols: part,
      login,
      subscribe: asks("subscribe", part),
      add: (more) => asks("subscribe", more),
      remove: (fewer) => asks("unsubscribe", fewer),
    });
  }
  return plans;
}
