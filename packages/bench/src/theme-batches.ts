import { agreement } from '@heard/themes/agreement';
import { discover, textKey } from '@heard/themes/discover';
import { type Change, traceThemes } from '@heard/themes/lineage';
import { randomFrom, shuffled } from '@heard/themes/random';
import type { Report } from './measuring.ts';

/**
 * A corpus dealt at random into equal batches, themes found after each in all comments so far, going on from those
 * before: how many of the comments known keep the id of their theme, and what happened to the themes.
 */
export function grow(report: Report, texts: readonly string[], labels: readonly number[], batches: number): void {
  const order = shuffled(texts.length, randomFrom(1));
  const happened: Record<Change['kind'], number> = { kept: 0, split: 0, merged: 0, new: 0, gone: 0 };
  let before = new Map<string, string>();
  let least = 1;
  let given = 0;
  for (let batch = 1; batch <= batches; batch++) {
    const rows = [...order.subarray(0, Math.round((texts.length * batch) / batches))];
    const ids = [...new Set(before.values())].sort();
    const start = new Map(before.entries().map(([key, id]) => [key, ids.indexOf(id)]));
    const comments = rows.map((row) => texts[row]!);
    const { themeOf, themes } = discover(comments, { start, seed: batch });
    const themeByKey = new Map(comments.map((comment, at) => [textKey(comment), themeOf[at]!]));
    const after = [...themeByKey].map(([key, theme]) => ({ key, theme }));
    const { idOf, changes } = traceThemes(before, after, () => `theme ${given++}`);
    const idByKey = new Map(after.filter(({ theme }) => theme >= 0).map(({ key, theme }) => [key, idOf[theme]!]));
    const same = [...before].filter(([key, id]) => idByKey.get(key) === id).length;
    if (batch > 1) {
      least = Math.min(least, same / before.size);
      for (const { kind } of changes) happened[kind]++;
    }
    before = idByKey;
    if (batch < batches) continue;
    const numbers = themeOf.map((theme) => (theme < 0 ? themes : theme));
    const { nmi, ari } = agreement(
      numbers,
      rows.map((row) => labels[row]!),
    );
    report.row('themes after the last batch', themes, '');
    report.row('NMI after the last batch', nmi, '');
    report.row('ARI after the last batch', ari, '');
  }
  report.row('known comments that keep their id, least of all batches', 100 * least, '%');
  for (const kind of ['split', 'merged', 'new', 'gone'] as const) report.row(`themes ${kind}`, happened[kind], '');
}
