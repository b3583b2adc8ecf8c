import { parsePolicy, presetPolicy } from '@heard/policy/policy';
import { expect, test } from 'vitest';
import { lintDraft } from './draft-linter.ts';
import {
  type BadDraft,
  blindBad,
  blindGood,
  comments,
  laterBad,
  laterGood,
  type SeededDraft,
} from './fixture-drafts.ts';

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
  expect(
    blindGood.flatMap((draft) => lint(draft).map(({ rule, why, found }) => [rule, why, found, draft.draft])),
  ).toEqual([]);
});

test('of the drafts written against the lists, each bad one is caught for what is bad about it', () => {
  expect(laterBad.filter((draft) => !catches(draft)).map(({ rule, draft }) => `${rule}: ${draft}`)).toEqual([]);
});

test('of the drafts written against the lists, each good one passes without a finding', () => {
  expect(
    laterGood.flatMap((draft) => lint(draft).map(({ rule, why, found }) => [rule, why, found, draft.draft])),
  ).toEqual([]);
});

test('a draft is judged by what it says, not by what it quotes or whom it names', () => {
  const judged = (draft: string, names: string[] = []) =>
    lintDraft({
      draft,
      names,
      comment: comments.crash,
      openingRequired: true,
      health: 'red',
      redLineCategories: [],
      recent: [],
      conversation,
    })
      .filter(({ rule }) => rule !== 'missing-part')
      .map(({ rule, found }) => `${rule} ${found}`);
  expect(judged('对不起。“客服只会说这是规定”')).toEqual([]);
  expect(judged('对不起。客服只会说这是规定')).toEqual(['forbidden-excuse 这是规定']);
  expect(judged('高峰先生您好，对不起。')).toEqual(['defence-before-apology 高峰']);
  expect(judged('高峰先生您好，对不起。', ['高峰'])).toEqual([]);
});

test('each missing part is named, and an apology in the customer’s words is not ours', () => {
  const comment = '你们连一句对不起都没有';
  const findings = lintDraft({
    draft: '“你们连一句对不起都没有”',
    comment,
    openingRequired: true,
    health: null,
    redLineCategories: [],
    recent: [],
    conversation,
  });
  expect(findings.map(({ why }) => why)).toEqual(['no-thanks', 'no-apology', 'no-empathy']);
});

test('a bare apology on a legal red line is a warning, an admission a refusal, and a denied one neither', () => {
  const judged = (draft: string) =>
    lintDraft({
      draft,
      comment: comments.lawyer,
      openingRequired: false,
      health: null,
      redLineCategories: ['legal'],
      recent: [],
      conversation,
    }).map(({ severity, why }) => `${severity} ${why}`);
  expect(judged('很抱歉让您久等。')).toEqual(['warn apology-not-approved']);
  expect(judged('这是我们的过错。')).toEqual(['refuse needs-approval']);
  expect(judged('这是否属实正在核实，并不是我们的过错。')).toEqual([]);
});

test('a template with another name, number and quotation in it stays a copy; a short answer is none', () => {
  const about = (draft: string, recent: string[]) =>
    lintDraft({
      draft,
      comment: comments.refund,
      openingRequired: false,
      health: null,
      redLineCategories: [],
      recent,
      conversation,
    }).some(({ rule }) => rule === 'near-copy');
  const template = (name: string, quote: string, code: number) =>
    `${name}您好，关于您说的“${quote}”，我已经把编号${code}交给财务组长，他们核对完付款记录就会把结果发给我，我再转告您。`;
  expect(about(template('李女士', '到现在也没到账', 12), [template('周先生', '包装破损', 98)])).toBe(true);
  expect(
    about(template('李女士', '到现在也没到账', 12), [
      '周先生您好，您的包裹今天上午十点重新寄出，物流单号已经发到您的手机上，请查收。',
    ]),
  ).toBe(false);
  expect(about('好的，谢谢。', ['好的，谢谢。'])).toBe(false);
});
