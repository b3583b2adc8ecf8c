import { indexOfMax, sumRows } from './mixture.ts';
import { type Counts, commonness } from './vocabulary.ts';

const smoothing = 0.3;
/** Terms of one comment depend on each other; half of each is counted. */
const temper = 0.5;
const leastLength = 5;

/**
 * Themes as expectation maximisation of a multinomial mixture leaves them (Nigam et al., Machine Learning 39, 2000)
 * when it starts from given ones. As in the guided model all comments weigh the same, however long, and common terms
 * weigh more. Ends when a sweep moves less than a two-hundredth of the comments.
 */
export function refine(counts: Counts, start: Int32Array, themes: number, sweeps: number): Int32Array {
  const { starts, columns, vocabulary } = counts;
  const rows = start.length;
  const weights = commonness(counts);
  const length = columns.length / Math.max(1, rows);
  const scaleOf = (row: number) => length / Math.max(leastLength, starts[row + 1]! - starts[row]!);
  const theme = start.slice();
  const logs = new Float32Array(vocabulary.length * themes);
  const scores = new Float64Array(themes);
  let likely = new Float32Array(rows * themes);
  start.forEach((z, row) => {
    likely[row * themes + z] = 1;
  });
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const shares = learnShares();
    const next = new Float32Array(rows * themes);
    let moved = 0;
    for (let row = 0; row < rows; row++) {
      sumRows(logs, columns, starts[row]!, starts[row + 1]!, themes, scores);
      const scale = temper * scaleOf(row);
      for (let z = 0; z < themes; z++) scores[z] = shares[z]! + scale * scores[z]!;
      const best = indexOfMax(scores);
      const top = scores[best]!;
      let sum = 0;
      for (let z = 0; z < themes; z++) {
        scores[z] = scores[z]! < top - 7 ? 0 : Math.exp(scores[z]! - top);
        sum += scores[z]!;
      }
      for (let z = 0; z < themes; z++) next[row * themes + z] = scores[z]! / sum;
      if (theme[row] !== best) moved++;
      theme[row] = best;
    }
    likely = next;
    if (moved < rows / 200) break;
  }
  return theme;

  /** Fills `logs` from `likely`; the log share of each theme. */
  function learnShares(): Float64Array {
    const cells = new Float32Array(logs.length).fill(smoothing);
    const sizes = new Float64Array(themes).fill(1);
    for (let row = 0; row < rows; row++) {
      for (let z = 0; z < themes; z++) {
        const part = likely[row * themes + z]!;
        if (part === 0) continue;
        sizes[z]! += part;
        const scaled = part * scaleOf(row);
        for (let at = starts[row]!; at < starts[row + 1]!; at++) {
          cells[columns[at]! * themes + z]! += scaled * weights[columns[at]!]!;
        }
      }
    }
    const totals = new Float64Array(themes);
    cells.forEach((n, cell) => {
      totals[cell % themes]! += n;
    });
    const logTotals = totals.map(Math.log);
    for (let term = 0, cell = 0; term < vocabulary.length; term++) {
      for (let z = 0; z < themes; z++, cell++) logs[cell] = weights[term]! * (Math.log(cells[cell]!) - logTotals[z]!);
    }
    return sizes.map((size) => Math.log(size / (rows + themes)));
  }
}
