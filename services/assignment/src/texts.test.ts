import { expect, test } from 'vitest';
import { excerpt, type Reader, render, type Said } from './texts.ts';

const zh: Reader = { language: 'zh-CN', timeZone: 'Asia/Shanghai' };
const en: Reader = { language: 'en', timeZone: 'America/New_York' };
const about = { customerId: 'C-7', caseId: '5a1b2c3d-0000-8000-8000-000000000001' };

const page: Said = { code: 'alert-page', parameters: { ...about, priority: 'P0', comment: '我要起诉' } };

test('an alert in both languages', () => {
  expect(render(page, zh)).toEqual({ subject: '【P0】客户 C-7 需要马上联系', lines: ['工单 5a1b2c3d', '“我要起诉”'] });
  expect(render(page, en)).toEqual({
    subject: 'P0: customer C-7 must be called now',
    lines: ['Case 5a1b2c3d', '“我要起诉”'],
  });
});

test('a time is the local one of whoever reads it', () => {
  const due: Said = {
    code: 'escalation-step',
    parameters: { ...about, step: 1, kind: 'promise', dueAt: '2026-10-01T02:30:00Z' },
  };
  expect(render(due, zh).subject).toContain('10:30');
  expect(render(due, en).subject).toMatch(/Sep 30, 2026, 10:30\sPM$/);
});

test('a digest lists what it holds and counts what it does not list', () => {
  const digest: Said = { code: 'digest', parameters: { items: [page, page], count: 30 } };
  expect(render(digest, zh)).toEqual({
    subject: '30 条通知',
    lines: ['- 【P0】客户 C-7 需要马上联系', '- 【P0】客户 C-7 需要马上联系', '……另有 10 条'],
  });
});

test('a quote is one line of at most 120 characters, and none is split', () => {
  expect(excerpt('  太慢\r\n了\u202e ')).toBe('太慢 了');
  expect([...excerpt('👎'.repeat(200))!].length).toBe(120);
  expect(excerpt('👎'.repeat(200))).toMatch(/👎…$/u);
  expect(excerpt(' \n')).toBeUndefined();
  expect(excerpt(undefined)).toBeUndefined();
});
