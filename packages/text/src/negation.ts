/**
 * Does the text around a word deny it?
 *
 * Only a denial that reaches the word through known filler counts ("没有任何欺诈", "not a scam"); anything unknown in
 * between, a clause border above all, leaves the word standing. So do:
 * - a denial that is itself denied: "不是没有欺诈", "not without danger";
 * - questions, which ask for what they deny or assert it: "这不是欺诈吗", "有没有漏电", "isn't this a scam?"; so does
 *   "差点没起火", which is the same as "差点起火";
 * - a threat held back or put off: "不想报警", "还没起诉", "don't want to sue", "not sued yet";
 * - what happened before, or worse than ever: "won't be fooled again", "从没被骗得这么惨".
 *
 * Both arguments are folded text: what precedes the word, and what follows it.
 */
export function isDenied(before: string, after: string): boolean {
  const denial = CHINESE.exec(before) ?? ENGLISH.exec(before);
  if (!denial || staysAsserted(before.slice(0, denial.index), denial[0], after)) return false;
  return !OUTER_DENIAL.test(before.slice(0, denial.index));
}

const CHINESE = new RegExp(
  '(?:' +
    [
      '没有?(?:人|任何人|谁)?',
      '未曾?',
      '毫?无',
      '不是',
      '[并绝]?非',
      '不(?:会|可能|至于)?是?',
      '不(?:存在|属于|构成|涉及|涉嫌)',
      '不(?:用|必|需要|打算|准备|考虑)',
      '[无毋][需须]',
      '没(?:有)?(?:必要|打算|要|想过?|考虑)',
      '不(?:认为|觉得|相信)(?:这|那|此|它|你们?|您|他们?)?',
    ].join('|') +
    ')(?:' +
    [
      '任何',
      '什么',
      '啥',
      '半点儿?',
      '一点儿?',
      '丝毫',
      '一[次个起例]',
      '发生过?',
      '出现过?',
      '存在',
      '发现过?',
      '遇到过?',
      '碰到过?',
      '受到过?',
      '遭到',
      '遭受',
      '造成',
      '导致',
      '引起',
      '有过?',
      '被',
      '让人',
      '人',
      '去',
      '涉及',
      '涉嫌',
      '构成',
      '属于',
      '所谓的?',
      '[那这]种',
      '那么',
      '很',
      '太',
      '特别',
      '非常',
      '怎么',
      '明显的?',
      '感[觉到]',
      '觉得',
      '算是?',
      '是',
      '的',
    ].join('|') +
    ')* ?$',
);

const ENGLISH = new RegExp(
  '(?:^|[^a-z])(?:(?:' +
    [
      "(?:[a-z]+n't|cannot|cant|dont|doesnt|didnt|isnt|arent|wasnt|werent|wont|wouldnt|havent|hasnt|not|never|nor|neither|hardly|nobody|no one|none)",
      "(?:didn't|did not|never) (?:get|got)",
      "(?:do|did)(?: not|n't) believe",
    ].join('|') +
    ')(?: (?:a|an|any|single|the|at all|be|been|being|is|was|were|are|have|has|had|there|really|actually|ever|even|truly|very|too|that|' +
    'particularly|remotely|exactly|considered|called|going to|gonna|feel|felt|seem|look|like|kind of|sort of|in any way|' +
    'any (?:sign|risk|danger|case|evidence|trace)s? of|find|found|notice|noticed|planning|plan|need|needed|have to|' +
    "(?:think |say |saying |believe )?(?:that )?(?:it|this|that|they|you|he|she|there|we)(?:'s|'re| is| are| was| were)|to))*" +
    '|(?:no|without|nothing|zero|non|anti)(?: (?:a|an|any|more|single|kind of|sort of|real|known|obvious|hidden|was|is|were|' +
    '(?:sign|risk|danger|case|evidence|trace|hint|chance|possibility|need|reason|intention|plan)s? (?:of|for|to)|' +
    'such thing as))*) $',
);

const OUTER_DENIAL =
  /(?:不是|并?非|不(?:能|可能|得|会|敢)说?|不是说|[无没]法|没有?人?|从?不|(?:^|[^a-z])(?:not|never|[a-z]+n't|cannot|cant)(?: (?:say|claim|that|there|is|are|it|this|there's|it's|be|being))*) ?$/;

const ASSERTING_BEFORE = /(?:差点儿?|险些|岂|何|莫|怎|难道|(?:^|[^应])该|(?:^|[^a-z])why(?: do| are| is)?(?: you)?) ?$/;
const NOT_YET_BEFORE = /(?:[还尚]|暂时?) ?$/;
const CLAUSE = /^[^，,。.！!；;？?\n]*[？?]?/;

function staysAsserted(earlier: string, denial: string, after: string): boolean {
  const asksEither =
    (denial[0] === '不' && earlier.endsWith(denial[1] ?? '\n')) || (denial[0] === '没' && earlier.endsWith('有'));
  const rest = CLAUSE.exec(after)![0].trimEnd();
  return (
    asksEither ||
    ASSERTING_BEFORE.test(earlier) ||
    (/^(?:没有?|未) ?$/.test(denial) && NOT_YET_BEFORE.test(earlier)) ||
    /(?:[吗吧嘛么呢？?]|是什么|是啥)$/.test(rest) ||
    /这么|这样|如此|(?:^| )yet$|like this|so badly|again/.test(rest)
  );
}
