import { Rejection } from '@heard/bus/rejection';

/**
 * Why after why, from a theme down to a cause that somebody can remove.
 *
 * A why answers its parent, or the theme itself, and a parent may have several. It may be written down before its evidence is
 * found. A why is a root cause only if it and every why above it has evidence and a department that knows: one guess in
 * the chain and the rest hangs in the air. The tree may stop at any depth and may not grow below its deepest. What was
 * said stays on record: a correction replaces it as a new revision, and may not take away what a root cause stands on.
 */
export interface Why {
  whyId: string;
  /** null: answers "why the theme?". */
  parentId: string | null;
  revision: number;
  statement: string;
  evidence: readonly Evidence[];
  department: string | null;
  isRoot: boolean;
}

export type Evidence =
  | { kind: 'comment'; feedbackId: string }
  | { kind: 'case'; caseId: string }
  | { kind: 'figure'; name: string; value: string; source: string }
  | { kind: 'link'; name: string; url: string };

export interface WhyTree {
  deepest: number;
  whys: ReadonlyMap<string, Why>;
}

interface Content {
  statement: string;
  evidence: readonly Evidence[];
  department: string | null;
}
export type Command =
  | ({ do: 'ask'; whyId: string; parentId: string | null } & Content)
  | ({ do: 'correct'; whyId: string } & Partial<Content>)
  | { do: 'mark-root'; whyId: string; isRoot: boolean };

/** The why as it is from now on; undefined when nothing changes. Throws Rejection. */
export function decide(command: Command, tree: WhyTree): Why | undefined {
  if (command.do === 'ask') {
    const { do: _, parentId, ...said } = command;
    if (parentId !== null) whyOf(tree, parentId);
    if (depthOf(tree, parentId) + 1 > tree.deepest) {
      throw new Rejection('too-deep', `this tree goes no deeper than ${tree.deepest}`);
    }
    return { ...said, parentId, revision: 1, isRoot: false };
  }
  const before = whyOf(tree, command.whyId);
  const { do: _, ...changes } = command;
  const after = { ...before, ...changes, revision: before.revision + 1 };
  if (isSame(before, after)) return undefined;
  const whys = evolve(tree, after);
  for (const root of whys.whys.values()) if (root.isRoot) checkRoot(whys, root);
  return after;
}

export function evolve(tree: WhyTree, why: Why): WhyTree {
  return { ...tree, whys: new Map(tree.whys).set(why.whyId, why) };
}

/** 1 for a why that answers the theme. */
export function depthOf(tree: WhyTree, whyId: string | null): number {
  return chain(tree, whyId).length;
}

function checkRoot(tree: WhyTree, root: Why): void {
  const guesses = chain(tree, root.whyId).filter(({ evidence, department }) => evidence.length === 0 || !department);
  if (guesses.length === 0) return;
  const depths = guesses.map(({ whyId }) => depthOf(tree, whyId)).sort((a, b) => a - b);
  throw new Rejection('no-root-without-evidence', `evidence or department is missing at why ${depths.join(', ')}`);
}

/** From a why up to the one that answers the theme. */
function chain(tree: WhyTree, whyId: string | null): Why[] {
  const path: Why[] = [];
  for (let at = whyId; at !== null; at = path.at(-1)!.parentId) path.push(whyOf(tree, at));
  return path;
}

function whyOf(tree: WhyTree, whyId: string): Why {
  const why = tree.whys.get(whyId);
  if (!why) throw new Rejection('unknown-why', 'this tree has no such why');
  return why;
}

function isSame(before: Why, after: Why): boolean {
  const content = ({ statement, evidence, department, isRoot }: Why) =>
    JSON.stringify([statement, evidence, department, isRoot]);
  return content(before) === content(after);
}
