/** Comments beyond this many do not teach a model more. */
const enough = 20_000;

/** At most 20,000 (or `most`) of the sorted distinct texts, drawn by what they say and not by where they stand; sorted again. */
export function sampled(texts: string[], most = enough): string[] {
  if (texts.length <= most) return texts;
  return texts
    .map((text) => ({ text, place: hash(text) }))
    .sort((a, b) => a.place - b.place || (a.text < b.text ? -1 : 1))
    .slice(0, most)
    .map(({ text }) => text)
    .sort();
}

/** FNV-1a (Fowler, Noll & Vo), 32 bits, over UTF-16 units. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value >>> 0;
}
