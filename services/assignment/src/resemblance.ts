import { fold } from '@heard/text/fold';

export interface Similarity {
  shingle: number;
  resemblance: number;
  containment: number;
}

const FEWEST_SHINGLES = 12;

/**
 * Whether one message is another sent again: resemblance |A∩B| / |A∪B| or containment |A∩B| / |smaller| of their sets of
 * character shingles reaches the threshold (A. Broder, On the resemblance and containment of documents, 1997; characters
 * in place of words, because Chinese has no spaces). Greetings with a name, numbers and quotations are taken out
 * first, so that a template with other names in it stays a template. Messages too short to tell are never copies.
 */
export function isNearCopy(a: string, b: string, { shingle, resemblance, containment }: Similarity): boolean {
  const [left, right] = [shinglesOf(a, shingle), shinglesOf(b, shingle)];
  const smaller = Math.min(left.size, right.size);
  if (smaller < FEWEST_SHINGLES) return false;
  let common = 0;
  for (const one of left) if (right.has(one)) common++;
  return common / (left.size + right.size - common) >= resemblance || common / smaller >= containment;
}

const QUOTATION = /“[^”]*”|"[^"]*"|「[^」]*」|『[^』]*』/g;
const GREETING =
  /^\s*(?:尊敬的|亲爱的)?[\u3400-\u9fff]{0,4}(?:先生|女士|小姐|总|老师|经理)?[，, ]*您?好[！!，,。]?|^\s*(?:dear|hi|hello|hey)\b[^,!.\n]{0,40}[,!]/;
const TITLED =
  /[\u3400-\u9fff](?:[\u3400-\u9fff]{0,2})(?:先生|女士|小姐)|\b(?:mr|mrs|ms|mx|dr)\.? [a-z]+(?:[ -][a-z]+)?/g;

function shinglesOf(message: string, size: number): Set<string> {
  const bare = fold(message.replace(QUOTATION, ' '))
    .replace(GREETING, ' ')
    .replace(TITLED, ' ')
    .replace(/[^\p{L}]+/gu, '');
  const shingles = new Set<string>();
  for (let at = 0; at + size <= bare.length; at++) shingles.add(bare.slice(at, at + size));
  return shingles;
}
