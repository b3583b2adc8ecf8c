/**
 * Whoever has read a comment knows better than the model: what an analyst says it is about, or not about, holds.
 *
 * Of each comment and theme the newest label counts, in every version of the code frame. A label of a theme that was
 * merged speaks for the theme it went into, one of a theme the frame no longer has says nothing. A comment whose primary
 * theme was taken away, or that had none, gets the newest theme an analyst gave it, else the first the model still names.
 */
export interface Assignment {
  /** null: none of the frame. */
  primary: string | null;
  /** Each once; holds the primary one. */
  mentions: readonly string[];
  uncertain: boolean;
}

export interface Label {
  themeId: string;
  /** The comment is not about it. */
  isRemoved: boolean;
}

/** `labels`: of one comment, oldest first. Applied to what it returned before it changes nothing but the order of mentions. */
export function labelled(
  assignment: Assignment,
  labels: readonly Label[],
  goesOnIn: (themeId: string) => string | undefined,
): Assignment {
  const standing = new Map<string, boolean>();
  for (const { themeId, isRemoved } of labels) {
    const theme = goesOnIn(themeId);
    if (theme === undefined) continue;
    standing.delete(theme); // the newest stands last
    standing.set(theme, isRemoved);
  }
  if (standing.size === 0) return assignment;
  const given = [...standing].flatMap(([theme, isRemoved]) => (isRemoved ? [] : [theme]));
  const kept = assignment.mentions.filter((theme) => !standing.get(theme));
  const mentions = [...new Set([...kept, ...given])];
  const { primary } = assignment;
  const holds = primary !== null && mentions.includes(primary);
  return {
    primary: holds ? primary : (given.at(-1) ?? mentions[0] ?? null),
    mentions,
    uncertain: mentions.length === 0 && (assignment.uncertain || assignment.mentions.length > 0),
  };
}

interface Frame {
  themes: readonly { id: string }[];
  merges: readonly { from: string; into: string }[];
}

/** Under which theme a frame counts what was said of a theme; undefined when under none. */
export function goesOnIn({ themes, merges }: Frame): (themeId: string) => string | undefined {
  const known = new Set(themes.map(({ id }) => id));
  const into = new Map(merges.map((merge) => [merge.from, merge.into]));
  return (themeId) => {
    let at = themeId;
    for (let next = into.get(at); next !== undefined; next = into.get(at)) at = next;
    return known.has(at) ? at : undefined;
  };
}
