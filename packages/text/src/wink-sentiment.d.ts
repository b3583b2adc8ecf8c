declare module 'wink-sentiment' {
  /** `score` is the sum over words, -5 to 5 each. */
  export default function winkSentiment(phrase: string): { score: number; normalizedScore: number };
}
