import { indexOfMax } from './mixture.ts';
import type { Random } from './random.ts';
import { type Counts, isPair } from './vocabulary.ts';

/** Comments as unit vectors: row i is `values[i × width … (i + 1) × width]`; all 0 where a comment has no terms. */
export interface Vectors {
  readonly rows: number;
  readonly width: number;
  readonly values: Float32Array;
}

/**
 * Latent semantic analysis (Deerwester et al., JASIS 41, 1990): TF-IDF rows (smooth idf, unit length) seen in the
 * subspace of the `width` largest singular values, found by a randomised range finder with power passes (Halko,
 * Martinsson & Tropp, SIAM Review 53, 2011, algorithm 4.4). The basis within the subspace is left as it comes: cosines,
 * all that is asked of it, do not depend on it.
 */
export function latentVectors(counts: Counts, width: number, random: Random): Vectors {
  const { starts, columns, vocabulary } = counts;
  const rows = starts.length - 1;
  const weights = tfIdf(counts);
  const forward = (right: Float32Array) => {
    const out = new Float32Array(rows * width);
    for (let row = 0; row < rows; row++) {
      for (let at = starts[row]!; at < starts[row + 1]!; at++) {
        addScaled(out, row * width, right, columns[at]! * width, weights[at]!, width);
      }
    }
    return out;
  };
  const backward = (left: Float32Array) => {
    const out = new Float32Array(vocabulary.length * width);
    for (let row = 0; row < rows; row++) {
      for (let at = starts[row]!; at < starts[row + 1]!; at++) {
        addScaled(out, columns[at]! * width, left, row * width, weights[at]!, width);
      }
    }
    return out;
  };
  let basis = Float32Array.from({ length: vocabulary.length * width }, () => random() - random());
  for (let pass = 0; pass < 2; pass++) basis = backward(orthonormal(forward(basis), width));
  const values = forward(orthonormal(basis, width));
  for (let row = 0; row < rows; row++) normalise(values, row * width, width);
  return { rows, width, values };
}

/** Pairs weigh less, since what they are made of is there as well. */
function tfIdf({ starts, columns, frequency, vocabulary }: Counts): Float32Array {
  const rows = starts.length - 1;
  const idf = Float64Array.from(
    frequency,
    (df, term) => (Math.log((1 + rows) / (1 + df)) + 1) * (isPair(vocabulary[term]!) ? 0.6 : 1),
  );
  const weights = Float32Array.from(columns, (column) => idf[column]!);
  for (let row = 0; row < rows; row++) normalise(weights, starts[row]!, starts[row + 1]! - starts[row]!);
  return weights;
}

function addScaled(to: Float32Array, at: number, from: Float32Array, start: number, by: number, width: number): void {
  for (let index = 0; index < width; index++) to[at + index]! += by * from[start + index]!;
}

function normalise(values: Float32Array, from: number, length: number): void {
  let square = 0;
  for (let at = from; at < from + length; at++) square += values[at]! * values[at]!;
  if (square === 0) return;
  const scale = 1 / Math.sqrt(square);
  for (let at = from; at < from + length; at++) values[at]! *= scale;
}

/** Columns made orthonormal in place by Cholesky QR; a column that depends on those before it becomes 0. */
function orthonormal(matrix: Float32Array, width: number): Float32Array {
  const gram = new Float64Array(width * width);
  const row = new Float64Array(width);
  for (let from = 0; from < matrix.length; from += width) {
    for (let i = 0; i < width; i++) row[i] = matrix[from + i]!;
    for (let i = 0; i < width; i++) {
      const value = row[i]!;
      if (value !== 0) for (let j = 0; j <= i; j++) gram[i * width + j]! += value * row[j]!;
    }
  }
  const inverse = new Float64Array(width);
  for (let i = 0; i < width; i++) {
    const before = gram[i * width + i]!;
    for (let j = 0; j <= i; j++) {
      let value = gram[i * width + j]!;
      for (let k = 0; k < j; k++) value -= gram[i * width + k]! * gram[j * width + k]!;
      if (j < i) gram[i * width + j] = value * inverse[j]!;
      else inverse[i] = value > before * 1e-9 ? 1 / Math.sqrt(value) : 0;
    }
  }
  for (let from = 0; from < matrix.length; from += width) {
    for (let i = 0; i < width; i++) {
      let value = matrix[from + i]!;
      for (let k = 0; k < i; k++) value -= row[k]! * gram[i * width + k]!;
      row[i] = value * inverse[i]!;
    }
    for (let i = 0; i < width; i++) matrix[from + i] = row[i]!;
  }
  return matrix;
}

/**
 * The theme of each vector by spherical k-means (Dhillon & Modha, Machine Learning 42, 2001), started by k-means++
 * (Arthur & Vassilvitskii, SODA 2007) on 1 − cosine. A theme that runs empty stays empty.
 */
export function sphericalKMeans(
  { rows, width, values }: Vectors,
  themes: number,
  sweeps: number,
  random: Random,
): Int32Array {
  const centres = firstCentres({ rows, width, values }, themes, random);
  const theme = new Int32Array(rows).fill(-1);
  const cosines = new Float64Array(themes);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    let moved = 0;
    for (let row = 0; row < rows; row++) {
      for (let z = 0; z < themes; z++) cosines[z] = dot(values, row * width, centres, z * width, width);
      const best = indexOfMax(cosines);
      if (best !== theme[row]) moved++;
      theme[row] = best;
    }
    if (moved < rows / 200) break;
    centres.fill(0);
    for (let row = 0; row < rows; row++) addScaled(centres, theme[row]! * width, values, row * width, 1, width);
    for (let z = 0; z < themes; z++) normalise(centres, z * width, width);
  }
  return theme;
}

function firstCentres({ rows, width, values }: Vectors, themes: number, random: Random): Float32Array {
  const centres = new Float32Array(themes * width);
  const distance = new Float64Array(rows).fill(1);
  for (let z = 0; z < themes; z++) {
    let left = random() * distance.reduce((sum, value) => sum + value, 0);
    let chosen = 0;
    for (; chosen < rows - 1; chosen++) {
      left -= distance[chosen]!;
      if (left <= 0) break;
    }
    centres.set(values.subarray(chosen * width, (chosen + 1) * width), z * width);
    for (let row = 0; row < rows; row++) {
      const apart = Math.max(0, 1 - dot(values, row * width, centres, z * width, width));
      if (apart < distance[row]!) distance[row] = apart;
    }
  }
  return centres;
}

function dot(a: Float32Array, from: number, b: Float32Array, start: number, width: number): number {
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  let index = 0;
  for (; index + 4 <= width; index += 4) {
    first += a[from + index]! * b[start + index]!;
    second += a[from + index + 1]! * b[start + index + 1]!;
    third += a[from + index + 2]! * b[start + index + 2]!;
    fourth += a[from + index + 3]! * b[start + index + 3]!;
  }
  for (; index < width; index++) first += a[from + index]! * b[start + index]!;
  return first + second + third + fourth;
}
