import type { Count, Interval } from '@heard/statistics/interval';
import type { Conclusion, Evidence, Registration, Verdict } from './validation.ts';

export type Language = 'zh' | 'en';

/** The verdict in words that say no more than its numbers do. */
export function wordVerdict(
  language: Language,
  name: string,
  registration: Registration & { others: number },
  evidence: Evidence,
  conclusion: Conclusion,
): string {
  const { before, after } = evidence;
  const { difference, corrected, alpha, power, worse } = conclusion;
  const { metric, correction, comparisons } = registration;
  const facts = {
    name,
    mainly: metric === 'primary-share',
    from: share(before),
    to: share(after),
    control: registration.control,
    expected: percent(registration.expectedChange),
    chance: percent(power),
    wanted: percent(registration.power),
    amount: points(difference),
    p: probability(conclusion.verdict === 'worse' ? worse : corrected),
    alpha: String(alpha),
    comparisons: correction === 'none' ? 1 : comparisons,
    counts: [before, after, ...(evidence.control ? [evidence.control.before, evidence.control.after] : [])],
    minN: registration.minN,
    moved: difference.estimate,
  };
  return sentences[language][conclusion.verdict](facts) + beside(language, registration.others);
}

/** Who looks often enough finds something. */
function beside(language: Language, others: number): string {
  if (others === 0) return '';
  return language === 'zh'
    ? `同期另有 ${others} 个针对该主题的登记，未一并校正。`
    : ` ${others === 1 ? '1 other registration looks' : `${others} other registrations look`} at the same theme in this time; p is not corrected for that.`;
}

/** "Enough data about 12 March", in the company's time zone. */
export function wordForecast(
  language: Language,
  timeZone: string,
  { needed, enoughOn, after }: { needed: number | null; enoughOn: string | null; after: Registration['after'] },
): string {
  const zh = language === 'zh';
  if (needed === null) {
    return zh ? '基线太小：再多数据也不够。' : 'The baseline is too small: no number of comments is enough.';
  }
  if (enoughOn === null) {
    return zh
      ? `需要 ${needed} 条；按目前没有新评论的速度永远不够。`
      : `${needed} needed; none are coming, so never enough.`;
  }
  const day = new Date(enoughOn);
  const date = new Intl.DateTimeFormat(zh ? 'zh-CN' : 'en-GB', {
    ...{ day: 'numeric', month: 'long', timeZone },
    ...(day.getTime() - after.from.getTime() > 330 * 24 * 3_600_000 ? { year: 'numeric' } : {}),
  }).format(day);
  const late = day > after.until;
  if (zh) return `约${date}数据足够（需要 ${needed} 条）${late ? '，晚于窗口结束' : ''}。`;
  return `Enough data about ${date} (${needed} needed)${late ? ', after the window ends' : ''}.`;
}

interface Facts {
  name: string;
  mainly: boolean;
  from: string;
  to: string;
  control: string | undefined;
  expected: string;
  chance: string;
  wanted: string;
  amount: string;
  p: string;
  alpha: string;
  comparisons: number;
  counts: Count[];
  minN: number;
  moved: number;
}

const sentences: Record<Language, Record<Verdict, (facts: Facts) => string>> = {
  en: {
    confirmed: (f) => `Confirmed: ${moveEn(f)} ${testEn(f)} It shows that the share moved, not why.`,
    worse: (f) => `Worse: ${moveEn(f)} ${testEn(f)} The share moved against what was expected.`,
    'no-evidence': (f) =>
      `No evidence: ${moveEn(f)} ${testEn(f)} The expected change of ${f.expected} had a chance of ${f.chance} to be seen. It does not show that nothing changed.`,
    underpowered: (f) => `Underpowered: ${moveEn(f)} ${tooFew(f, 'en')} This says nothing about the fix.`,
  },
  zh: {
    confirmed: (f) => `已证实：${moveZh(f)}${testZh(f)}这说明占比确实变化，但不说明原因。`,
    worse: (f) => `变差：${moveZh(f)}${testZh(f)}占比的变化与预期相反。`,
    'no-evidence': (f) =>
      `未见证据：${moveZh(f)}${testZh(f)}若真有 ${f.expected} 的预期变化，被发现的概率为 ${f.chance}。这不说明没有变化。`,
    underpowered: (f) => `数据不足：${moveZh(f)}${tooFew(f, 'zh')}对该措施不能下任何结论。`,
  },
};

function moveEn({ name, mainly, from, to, control, moved, amount }: Facts): string {
  const shares = `${mainly ? 'comments mainly about' : 'comments naming'} “${name}” went from ${from} to ${to}`;
  if (moved === 0) return `${shares}.`;
  const way = `${moved < 0 ? 'fell' : 'rose'} by ${amount}`;
  return control === undefined ? `${shares}: it ${way}.` : `${shares}; compared with “${control}” it ${way}.`;
}

function moveZh({ name, mainly, from, to, control, moved, amount }: Facts): string {
  const shares = `${mainly ? '以' : '提及'}“${name}”${mainly ? '为主' : ''}的评论占比由 ${from} 变为 ${to}`;
  if (moved === 0) return `${shares}。`;
  return `${shares}，${control === undefined ? '' : `相对对照组“${control}”`}${moved < 0 ? '下降' : '上升'} ${amount}。`;
}

function testEn({ p, alpha, comparisons }: Facts): string {
  const together = comparisons > 1 ? `, corrected for ${comparisons} themes registered together` : '';
  return `p ${p}${together}; registered limit ${alpha}.`;
}

function testZh({ p, alpha, comparisons }: Facts): string {
  const together = comparisons > 1 ? `（已按同时登记的 ${comparisons} 个主题校正）` : '';
  return `p ${p}${together}，登记的界限为 ${alpha}。`;
}

function tooFew({ counts, minN, chance, wanted, expected, control }: Facts, language: Language): string {
  const zh = language === 'zh';
  const fewest = Math.min(...counts.map((count) => count.of));
  if (fewest < minN) {
    return zh
      ? `某一窗口仅有 ${fewest} 条评论，至少需要 ${minN} 条。`
      : `A window has ${fewest} comments; ${minN} is the fewest.`;
  }
  if (control !== undefined && counts.some(({ hits, of }) => Math.min(hits, of - hits) < 5)) {
    return zh
      ? '与对照组比较时，每个窗口至少需要 5 条提及。'
      : 'Beside a control group every window needs 5 hits and 5 misses.';
  }
  return zh
    ? `若真有 ${expected} 的预期变化，被发现的概率仅为 ${chance}，登记要求 ${wanted}。`
    : `The expected change of ${expected} had a chance of only ${chance} to be seen; ${wanted} was registered.`;
}

/** Of shares, as an amount: that of a fall is above 0. */
function points({ estimate, lower, upper }: Interval): string {
  const [low, high] = (estimate < 0 ? [-upper, -lower] : [lower, upper]).map((end) => (100 * end).toFixed(1));
  return `${(100 * Math.abs(estimate)).toFixed(1)} pp (95 % CI ${low} … ${high})`;
}

const share = ({ hits, of }: Count) => `${of === 0 ? '–' : percent(hits / of)} (${hits}/${of})`;
const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
const probability = (p: number) => (p < 0.0001 ? '< 0.0001' : `= ${p.toFixed(4)}`);
