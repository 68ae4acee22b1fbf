/** What the keyboard can ask for. */
export type Action =
  | { readonly do: "search" }
  | { readonly do: "step"; readonly by: 1 | -1 }
  | { readonly do: "evidence" }
  | { readonly do: "interval"; readonly index: number }
  | { readonly do: "scroll"; readonly by: -1 | 1 }
  | { readonly do: "go"; readonly to: "alerts" | "watch" | "numbers" | "trust" }
  | { readonly do: "help" }
  | { readonly do: "close" };

export interface Key {
  readonly key: string;
  /** With ctrl, alt or meta: the browser's or the system's, never ours. */
  readonly modified: boolean;
  /** Typed into a field: only Escape is ours. */
  readonly inField: boolean;
  /** On a control that uses Enter, or arrows, itself. */
  readonly onControl: boolean;
}

const PLACES: Record<string, "alerts" | "watch" | "numbers" | "trust"> = {
  a: "alerts",
  w: "watch",
  n: "numbers",
  t: "trust",
};
/** The second key of "g a" must follow this soon. */
const CHORD_MS = 1_500;

/** One row for each line of the help. */
export const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ["/", "Search a symbol"],
  ["1 – 7", "Interval, from 1 s to 1 d"],
  ["← →", "Scroll the history"],
  ["j k", "Next, previous alert"],
  ["Enter", "Evidence of the chosen alert"],
  ["g a", "Go to alerts"],
  ["g w", "Go to the watch list"],
  ["g n", "Go to the numbers: features, depth, signals"],
  ["g t", "Go to trust: how far to believe the page"],
  ["?", "This help"],
  ["Esc", "Close what is open"],
];

/** Keys → actions, with the memory of a pending "g". */
export function makeKeyboard(now: () => number): (key: Key) => Action | null {
  let chordMs = Number.NEGATIVE_INFINITY;
  return ({ key, modified, inField, onControl }) => {
    if (modified) return null;
    if (key === "Escape") return { do: "close" };
    if (inField) return null;
    const pending = now() - chordMs <= CHORD_MS;
    chordMs = Number.NEGATIVE_INFINITY;
    const place = PLACES[key];
    if (pending && place !== undefined) return { do: "go", to: place };
    if (key === "g") {
      chordMs = now();
      return null;
    }
    if (/^[1-7]$/.test(key)) return { do: "interval", index: Number(key) - 1 };
    switch (key) {
      case "/":
        return { do: "search" };
      case "j":
        return { do: "step", by: 1 };
      case "k":
        return { do: "step", by: -1 };
      case "?":
        return { do: "help" };
      case "Enter":
        return onControl ? null : { do: "evidence" };
      case "ArrowLeft":
        return onControl ? null : { do: "scroll", by: -1 };
      case "ArrowRight":
        return onControl ? null : { do: "scroll", by: 1 };
      default:
        return null;
    }
  };
}
