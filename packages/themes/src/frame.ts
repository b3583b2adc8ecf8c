import { parse } from 'yaml';
import { z } from 'zod';

const theme = z.strictObject({
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-case words joined by hyphens'),
  zh: z.string().min(1),
  en: z.string().min(1),
  /** What people write when they mean this theme; a word may stand under several themes. */
  words: z.array(z.string().trim().min(1)).min(1).max(60),
});

/**
 * The maintained themes of a company: the only thing trends and validations count on. A theme that is merged stays
 * listed, so that what was counted under it remains known; from then on its words speak for the theme it went into.
 */
export const codeFrame = z
  .strictObject({
    name: z.string().min(1),
    version: z.int().min(1),
    themes: z.array(theme).min(1).max(200),
    merges: z.array(z.strictObject({ from: z.string(), into: z.string() })).default([]),
  })
  .check(({ value: frame, issues }) => {
    const refuse = (message: string) => issues.push({ code: 'custom', message, input: frame });
    const ids = frame.themes.map(({ id }) => id);
    for (const id of ids.filter((id, at) => ids.indexOf(id) < at)) refuse(`two themes have the id ${id}`);
    const merged = frame.merges.map(({ from }) => from);
    for (const id of merged.filter((id, at) => merged.indexOf(id) < at)) refuse(`${id} is merged twice`);
    for (const { from, into } of frame.merges) {
      for (const id of [from, into]) if (!ids.includes(id)) refuse(`a merge names the unknown theme ${id}`);
      if (survivor(frame.merges, from) === undefined) refuse(`the merges of ${from} lead back to itself`);
    }
  });

export type CodeFrame = z.infer<typeof codeFrame>;
export type Theme = z.infer<typeof theme>;

/** Throws with every fault of the document at once. */
export function parseFrame(yaml: string): CodeFrame {
  const { success, data, error } = codeFrame.safeParse(parse(yaml));
  if (!success) throw new Error(`this is no code frame: ${z.prettifyError(error)}`);
  return data;
}

/** The themes comments are counted under: those merged away are gone, their words are with their survivors. */
export function countedThemes({ themes, merges }: CodeFrame): Theme[] {
  const into = new Map(themes.map(({ id }) => [id, survivor(merges, id)!]));
  return themes
    .filter(({ id }) => into.get(id) === id)
    .map((kept) => ({
      ...kept,
      words: [...new Set(themes.filter(({ id }) => into.get(id) === kept.id).flatMap(({ words }) => words))],
    }));
}

/** Where a chain of merges ends; undefined when it ends nowhere. */
export function survivor(merges: CodeFrame['merges'], id: string): string | undefined {
  let at = id;
  for (let steps = 0; steps <= merges.length; steps++) {
    const next = merges.find(({ from }) => from === at);
    if (!next) return at;
    at = next.into;
  }
  return undefined;
}
