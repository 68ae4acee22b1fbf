import { fixedHalfEven } from "./rounding.ts";

export interface SentimentWords {
  readonly positive: number;
  readonly negative: number;
}
export const SENTIMENT_WORDS: SentimentWords = { positive: 0.2, negative: -0.2 };

export function sentimentWord(score: number | null, limits: SentimentWords = SENTIMENT_WORDS): string {
  if (score === null) return "neutral";
  if (score > limits.positive) return "positive";
  return score < limits.negative ? "negative" : "neutral";
}

/** The source system's own summary, to the letter: no full stop after the headline, an empty one counts as none. */
export function stubSummary(
  move: { symbol: string; window: string; ret: number; headline: string | null; sentiment: number | null },
  limits: SentimentWords = SENTIMENT_WORDS,
): string {
  const percent = fixedHalfEven(Math.abs(move.ret) * 100, 2);
  const way = move.ret >= 0 ? "up" : "down";
  const news = move.headline ? `Headline: ${move.headline}` : "No fresh headlines.";
  const word = sentimentWord(move.sentiment, limits);
  return `${move.symbol.toUpperCase()} moved ${percent}% ${way} over ${move.window}. ${news} Sentiment ${word}.`;
}
