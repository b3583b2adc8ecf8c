/**
 * A set of strings that keeps only 96 bits of each: 25 MB for a million ids where a Set needs about 120, and one scattered
 * read a lookup. Two different ids are taken for one with chance n² / 2^97, about 6e-18 for a million.
 *
 * Open addressing with linear probing; deletion moves later entries back, so there are no tombstones.
 */
export class FingerprintSet {
  #slots: Uint32Array;
  #mask: number;
  #size = 0;

  constructor(expected = 1024) {
    const capacity = 2 ** Math.ceil(Math.log2(Math.max(16, expected * 1.6)));
    this.#slots = new Uint32Array(capacity * 3);
    this.#mask = capacity - 1;
  }

  get size(): number {
    return this.#size;
  }

  has(id: string): boolean {
    hash(id);
    return this.#slots[this.#find() * 3] !== 0;
  }

  add(id: string): void {
    hash(id);
    const slot = this.#find() * 3;
    if (this.#slots[slot] !== 0) return;
    this.#slots[slot] = a;
    this.#slots[slot + 1] = b;
    this.#slots[slot + 2] = c;
    this.#size++;
    if (this.#size > this.#mask * 0.66) this.#grow();
  }

  delete(id: string): void {
    hash(id);
    let hole = this.#find();
    if (this.#slots[hole * 3] === 0) return;
    this.#size--;
    for (let next = (hole + 1) & this.#mask; this.#slots[next * 3] !== 0; next = (next + 1) & this.#mask) {
      const home = this.#slots[next * 3]! & this.#mask;
      // An entry may fill the hole unless its home lies after the hole on the way to where it is.
      if (((next - home) & this.#mask) < ((next - hole) & this.#mask)) continue;
      this.#slots.copyWithin(hole * 3, next * 3, next * 3 + 3);
      hole = next;
    }
    this.#slots.fill(0, hole * 3, hole * 3 + 3);
  }

  /** The slot that holds the fingerprint just hashed, or the empty one where it belongs. */
  #find(): number {
    const slots = this.#slots;
    let slot = a & this.#mask;
    for (;;) {
      const at = slot * 3;
      const first = slots[at];
      if (first === 0 || (first === a && slots[at + 1] === b && slots[at + 2] === c)) return slot;
      slot = (slot + 1) & this.#mask;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    this.#mask = this.#slots.length / 3 - 1;
    for (let at = 0; at < old.length; at += 3) {
      if (old[at] === 0) continue;
      a = old[at]!;
      b = old[at + 1]!;
      c = old[at + 2]!;
      this.#slots.set(old.subarray(at, at + 3), this.#find() * 3);
    }
  }
}

// The fingerprint in hand. Module variables, because an array or object per lookup would cost more than the lookup.
let a = 0;
let b = 0;
let c = 0;

/** Three 32-bit hashes of the UTF-16 units, each multiply-and-mix with its own constants (after murmur3's finalizer). */
function hash(id: string): void {
  let x = 0x9e3779b9 ^ id.length;
  let y = 0x85ebca6b;
  let z = 0xc2b2ae35;
  for (let i = 0; i < id.length; i++) {
    const unit = id.charCodeAt(i);
    x = Math.imul(x ^ unit, 0xcc9e2d51);
    x ^= x >>> 15;
    y = Math.imul(y + unit, 0x1b873593) ^ (y >>> 13);
    z = Math.imul(z ^ (unit + i), 0x27d4eb2f);
    z = (z << 13) | (z >>> 19);
  }
  a = mix(x) || 1;
  b = mix(y ^ x);
  c = mix(z);
}

function mix(h: number): number {
  let m = h ^ (h >>> 16);
  m = Math.imul(m, 0x85ebca6b);
  m ^= m >>> 13;
  m = Math.imul(m, 0xc2b2ae35);
  return (m ^ (m >>> 16)) >>> 0;
}
