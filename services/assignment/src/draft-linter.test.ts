import { parsePolicy, presetPolicy } from '@heard/policy/policy';
import { expect, test } from 'vitest';
import { lintDraft } from './draft-linter.ts';
import { type BadDraft, blindBad, blindGood, comments, type SeededDraft } from './fixture-drafts.ts';

const { conversation } = parsePolicy(presetPolicy());
const legal = ['lawyer', 'sue'];

function lint({ about, reply, red, recent = [], draft }: SeededDraft) {
  return lintDraft({
    draft,
    comment: comments[about],
    openingRequired: !reply,
    health: red ? 'red' : null,
    redLineCategories: legal.includes(about) ? ['legal'] : [],
    recent,
    conversation,
  });
}

const catches = ({ rule, ...draft }: BadDraft) => lint(draft).some((finding) => finding.rule === rule);

test('of the drafts written before the lists, each bad one is caught for what is bad about it', () => {
  expect(blindBad.filter((draft) => !catches(draft)).map(({ rule, draft }) => `${rule}: ${draft}`)).toEqual([]);
});

test('of the drafts written before the lists, each good one passes without a finding', () => {
  expect(blindGood.flatMap((draft) => lint(draft).map(({ rule, why, found }) => [rule, why, found, draft.draft]))).toEqual([]);
});
