import { type CodeFrame, countedThemes, type Theme } from '@heard/themes/frame';

export interface FrameChanges {
  detected: Theme[];
  /** `into`: the themes that go on under other ids. */
  changed: { themeId: string; change: 'renamed' | 'reworded' | 'merged' | 'gone'; into: string[] }[];
}

/** What counts differently by `after` than by `before`, theme by theme in the order of the frames. */
export function changesBetween(before: CodeFrame | undefined, after: CodeFrame): FrameChanges {
  const was = new Map((before ? countedThemes(before) : []).map((theme) => [theme.id, theme]));
  const is = new Map(countedThemes(after).map((theme) => [theme.id, theme]));
  const changed: FrameChanges['changed'] = [];
  for (const [themeId, old] of was) {
    const now = is.get(themeId);
    if (!now) {
      const into = goesOnIn(after, themeId);
      changed.push(into ? { themeId, change: 'merged', into: [into] } : { themeId, change: 'gone', into: [] });
      continue;
    }
    if (now.zh !== old.zh || now.en !== old.en) changed.push({ themeId, change: 'renamed', into: [themeId] });
    if (sorted(now.words) !== sorted(old.words)) changed.push({ themeId, change: 'reworded', into: [themeId] });
  }
  return { detected: [...is.values()].filter(({ id }) => !was.has(id)), changed };
}

function goesOnIn({ merges, themes }: CodeFrame, themeId: string): string | undefined {
  if (!themes.some(({ id }) => id === themeId)) return undefined;
  let at = themeId;
  for (let next = merges.find(({ from }) => from === at); next; next = merges.find(({ from }) => from === at)) {
    at = next.into;
  }
  return at;
}

const sorted = (words: readonly string[]) => [...words].sort().join('\n');
