/** The chart draws on a canvas, where style sheets do not reach: it is told the theme's colours. */
export interface ChartColours {
  readonly ground: string;
  readonly text: string;
  readonly line: string;
  readonly grid: string;
  readonly up: string;
  readonly down: string;
  readonly upVolume: string;
  readonly downVolume: string;
  readonly accent: string;
  readonly warn: string;
  readonly gap: string;
  readonly font: string;
}

const NAMES: Record<keyof ChartColours, string> = {
  ground: "--chart",
  text: "--muted",
  line: "--line",
  grid: "--grid",
  up: "--up",
  down: "--down",
  upVolume: "--up-volume",
  downVolume: "--down-volume",
  accent: "--accent",
  warn: "--warn",
  gap: "--gap",
  font: "--font",
};

/** Reads the custom properties in force on `element`. */
export function chartColours(element: Element): ChartColours {
  const style = getComputedStyle(element);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  return Object.fromEntries(Object.entries(NAMES).map(([key, name]) => [key, read(name)])) as Record<
    keyof ChartColours,
    string
  >;
}
