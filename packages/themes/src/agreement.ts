/**
 * How well found themes agree with given labels. All take one number per comment from each side.
 */
export interface Agreement {
  /** Mutual information over the mean of both entropies (Strehl & Ghosh, JMLR 3, 2002, with the arithmetic mean). */
  nmi: number;
  /** Rand index corrected for chance (Hubert & Arabie, J. Classification 2, 1985). */
  ari: number;
  /** Share of the comments that carry the most frequent label of their theme (Manning et al., IIR, 2008, §16.3). */
  purity: number;
}

export function agreement(found: ArrayLike<number>, labelled: ArrayLike<number>): Agreement {
  const n = labelled.length;
  const table = crossTable(found, labelled);
  const rows = table.map((row) => sum(row));
  const columns = (table[0] ?? []).map((_, label) => sum(table.map((row) => row[label]!)));
  let mutual = 0;
  table.forEach((row, theme) => {
    row.forEach((both, label) => {
      if (both > 0) mutual += (both / n) * Math.log((both * n) / (rows[theme]! * columns[label]!));
    });
  });
  const entropies = entropy(rows, n) + entropy(columns, n);
  const pairs = (counts: number[]) => sum(counts.map((count) => (count * (count - 1)) / 2));
  const together = pairs(table.flat());
  const expected = (pairs(rows) * pairs(columns)) / ((n * (n - 1)) / 2);
  const most = (pairs(rows) + pairs(columns)) / 2;
  return {
    nmi: entropies === 0 ? 1 : (2 * mutual) / entropies,
    ari: most === expected ? 1 : (together - expected) / (most - expected),
    purity: sum(table.map((row) => Math.max(...row))) / n,
  };
}

export interface Accuracy {
  accuracy: number;
  /** Mean over the labels of the F1 of each. */
  macroF1: number;
  /** Half the sum of the differences of the shares, 0 … 1: what would have to be moved to another theme. */
  totalVariation: number;
}

/** Where theme number and label number mean the same. */
export function accuracy(found: ArrayLike<number>, labelled: ArrayLike<number>): Accuracy {
  const n = labelled.length;
  const size = 1 + Math.max(largest(found), largest(labelled));
  const inFound = new Array<number>(size).fill(0);
  const inLabelled = new Array<number>(size).fill(0);
  const inBoth = new Array<number>(size).fill(0);
  for (let index = 0; index < n; index++) {
    inFound[found[index]!]!++;
    inLabelled[labelled[index]!]!++;
    if (found[index] === labelled[index]) inBoth[labelled[index]!]!++;
  }
  const present = inLabelled.map((_, label) => label).filter((label) => inLabelled[label]! > 0);
  return {
    accuracy: sum(inBoth) / n,
    macroF1:
      sum(present.map((label) => (2 * inBoth[label]!) / (inFound[label]! + inLabelled[label]!))) / present.length,
    totalVariation: sum(inFound.map((count, label) => Math.abs(count - inLabelled[label]!))) / 2 / n,
  };
}

/**
 * The found themes under the label numbers they fit best: one theme per label, most comments in agreement (the
 * assignment problem, by shortest augmenting paths: Jonker & Volgenant, Computing 38, 1987). Themes left over get
 * numbers after the labels'.
 */
export function matched(found: ArrayLike<number>, labelled: ArrayLike<number>): Int32Array {
  const table = crossTable(found, labelled);
  const labels = table[0]?.length ?? 0;
  const size = Math.max(table.length, labels);
  const cost = Array.from({ length: size }, (_, theme) =>
    Array.from({ length: size }, (_, label) => -(table[theme]?.[label] ?? 0)),
  );
  const labelOf = assign(cost);
  return Int32Array.from(found, (theme) => labelOf[theme]!);
}

/** The column of each row for the least total cost of a square matrix. */
function assign(cost: number[][]): number[] {
  const n = cost.length;
  const rowPrice = new Array<number>(n + 1).fill(0);
  const columnPrice = new Array<number>(n + 1).fill(0);
  const rowOf = new Array<number>(n + 1).fill(0);
  for (let row = 1; row <= n; row++) {
    const before = new Array<number>(n + 1).fill(0);
    const least = new Array<number>(n + 1).fill(Infinity);
    const visited = new Array<boolean>(n + 1).fill(false);
    rowOf[0] = row;
    let column = 0;
    while (rowOf[column] !== 0) {
      visited[column] = true;
      let step = Infinity;
      let next = 0;
      for (let other = 1; other <= n; other++) {
        if (visited[other]) continue;
        const price = cost[rowOf[column]! - 1]![other - 1]! - rowPrice[rowOf[column]!]! - columnPrice[other]!;
        if (price < least[other]!) {
          least[other] = price;
          before[other] = column;
        }
        if (least[other]! < step) {
          step = least[other]!;
          next = other;
        }
      }
      for (let other = 0; other <= n; other++) {
        if (visited[other]) {
          rowPrice[rowOf[other]!]! += step;
          columnPrice[other]! -= step;
        } else least[other]! -= step;
      }
      column = next;
    }
    while (column !== 0) {
      rowOf[column] = rowOf[before[column]!]!;
      column = before[column]!;
    }
  }
  const columnOf = new Array<number>(n);
  for (let column = 1; column <= n; column++) columnOf[rowOf[column]! - 1] = column - 1;
  return columnOf;
}

function crossTable(found: ArrayLike<number>, labelled: ArrayLike<number>): number[][] {
  const width = 1 + largest(labelled);
  const table = Array.from({ length: 1 + largest(found) }, () => new Array<number>(width).fill(0));
  for (let index = 0; index < labelled.length; index++) table[found[index]!]![labelled[index]!]!++;
  return table;
}

function entropy(counts: number[], n: number): number {
  return -sum(counts.map((count) => (count === 0 ? 0 : (count / n) * Math.log(count / n))));
}

function largest(values: ArrayLike<number>): number {
  let most = -1;
  for (let index = 0; index < values.length; index++) most = Math.max(most, values[index]!);
  return most;
}

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
