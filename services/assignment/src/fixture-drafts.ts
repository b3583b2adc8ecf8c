import type { DraftRule } from './draft-linter.ts';

/** What the customers of the drafts below had said. */
export const comments = {
  refund: '上周三说好周五退款，到现在也没到账，客服电话打了六次没人接。',
  crash: '新功能一打开就闪退，三天了没人理我，客服只会说这是规定！',
  lawyer: '再不解决我就去12315投诉，律师已经在看合同了。',
  late: 'You promised my refund by Friday and it still has not arrived. I called six times and nobody answered.',
  hungUp: 'The export button crashes every time. Your agent told me "that is our policy" and hung up.',
  sue: 'My lawyer is looking at the contract. If nobody calls me back I will sue.',
};

export interface SeededDraft {
  about: keyof typeof comments;
  /** A reply comes later in the conversation and needs no opening. */
  reply?: true;
  red?: true;
  recent?: string[];
  draft: string;
}

export type BadDraft = SeededDraft & { rule: DraftRule };

/** Written before there was a rule or a list; these never change. */
export const blindBad: BadDraft[] = [
  {
    rule: 'forbidden-excuse',
    about: 'crash',
    draft: '王总您好，感谢反馈。我很抱歉，但这是规定。您说“新功能一打开就闪退”，我理解您的沮丧。',
  },
  {
    rule: 'forbidden-excuse',
    about: 'refund',
    reply: true,
    draft: '李女士，退款要走财务流程，公司规定就是十五个工作日，我们也没办法。',
  },
  { rule: 'forbidden-excuse', about: 'refund', reply: true, draft: '这个真的没有办法，按照公司的规定只能这样处理。' },
  { rule: 'forbidden-excuse', about: 'refund', reply: true, draft: '您好，這是公司規定，我也無能為力。' },
  {
    rule: 'defence-before-apology',
    about: 'refund',
    draft:
      '张先生您好，由于近期订单量激增，退款处理会慢一些。给您添麻烦了，非常抱歉，也谢谢您告诉我们“到现在也没到账”，换作是我也会着急。',
  },
  {
    rule: 'defence-before-apology',
    about: 'crash',
    draft:
      '其实这个闪退是手机系统版本太低造成的。很抱歉给您带来不便，感谢您的反馈，“三天了没人理我”让您这么失望，我非常理解。',
  },
  {
    rule: 'missing-part',
    about: 'refund',
    draft: '您好，非常抱歉给您带来了不好的体验，我们会在今天下午五点前给您答复。',
  },
  {
    rule: 'missing-part',
    about: 'crash',
    draft: '赵女士您好，感谢您告诉我们“新功能一打开就闪退”。请问您用的是什么手机？',
  },
  {
    rule: 'renewal-to-red',
    about: 'crash',
    red: true,
    reply: true,
    draft: '闪退已经修好了。另外您的合同下个月到期，这周续费可以打九折，您看方便签一下吗？',
  },
  {
    rule: 'misquote',
    about: 'refund',
    draft: '陈先生您好，谢谢您的反馈。您说“退款太慢，气死我了”，真的很抱歉，我完全理解您的心情。',
  },
  {
    rule: 'admission',
    about: 'lawyer',
    draft: '刘先生您好，谢谢您告诉我们“律师已经在看合同了”，我理解您的着急。这件事是我们的过错，我们愿意承担全部责任。',
  },
  { rule: 'vague-promise', about: 'refund', reply: true, draft: '吴女士您好，我已经催过财务了，会尽快给您答复。' },
  {
    rule: 'near-copy',
    about: 'refund',
    reply: true,
    recent: [
      '周女士您好，您反馈的“包装破了”我们已经收到，非常抱歉给您带来不好的体验，我们会认真改进，感谢您一直以来的支持与信任。',
    ],
    draft:
      '孙先生您好，您反馈的“到现在也没到账”我们已经收到，非常抱歉给您带来不好的体验，我们会认真改进，感谢您一直以来的支持与信任。',
  },
  {
    rule: 'forbidden-excuse',
    about: 'hungUp',
    draft:
      'Hi Anna, thank you for writing. I\'m sorry, but that\'s our policy. You wrote "The export button crashes every time" and I understand how annoying that is.',
  },
  {
    rule: 'forbidden-excuse',
    about: 'late',
    reply: true,
    draft: 'Per our policy refunds take up to thirty days, so there is nothing we can do to speed this up.',
  },
  {
    rule: 'forbidden-excuse',
    about: 'late',
    reply: true,
    draft: 'Unfortunately my hands are tied here. It is company policy and I cannot make an exception.',
  },
  {
    rule: 'forbidden-excuse',
    about: 'hungUp',
    reply: true,
    draft: 'Our policy does not allow us to credit your account for this.',
  },
  {
    rule: 'defence-before-apology',
    about: 'late',
    draft:
      'Dear Mr Cole, due to an unusually high volume of requests our team has been slow. We apologise, and thank you for telling us "nobody answered". I can imagine how frustrating that was.',
  },
  {
    rule: 'defence-before-apology',
    about: 'hungUp',
    draft:
      'Hello Ms Diaz, please understand that the crash only happens on old browsers. I am sorry about it. Thank you for reporting "The export button crashes every time"; I see why you are upset.',
  },
  {
    rule: 'missing-part',
    about: 'late',
    draft: 'Hi Tom, sorry about that! Your refund will arrive tomorrow before noon.',
  },
  {
    rule: 'missing-part',
    about: 'hungUp',
    draft:
      'Dear customer, thank you for your feedback. We apologise for any inconvenience caused and value your business.',
  },
  {
    rule: 'renewal-to-red',
    about: 'late',
    red: true,
    reply: true,
    draft:
      'The refund went out this morning. While I have you: your contract is up in May, shall we talk about the renewal?',
  },
  {
    rule: 'misquote',
    about: 'late',
    draft:
      'Dear Mr Cole, thank you for telling us. You said "I am still waiting for my money", and I am sorry; I understand how frustrating that must be.',
  },
  {
    rule: 'admission',
    about: 'sue',
    draft:
      'Dear Ms Fox, thank you for writing "My lawyer is looking at the contract". I understand how serious this is for you. This was entirely our fault and we accept full responsibility.',
  },
  {
    rule: 'vague-promise',
    about: 'late',
    reply: true,
    draft: 'I have asked our finance team and will get back to you as soon as possible.',
  },
  {
    rule: 'near-copy',
    about: 'late',
    reply: true,
    recent: [
      'Dear Mr Park, we have received your feedback "arrived broken" and are very sorry for the poor experience. We take every comment seriously and will use it to do better. Thank you for your trust.',
    ],
    draft:
      'Dear Ms Lind, we have received your feedback "nobody answered" and are very sorry for the poor experience. We take every comment seriously and will use it to do better. Thank you for your trust.',
  },
];

/** Written before there was a rule or a list; these never change. */
export const blindGood: SeededDraft[] = [
  {
    about: 'crash',
    draft:
      '王总您好，我看到了您关于“新功能一打开就闪退”的反馈，我非常理解您的沮丧。真的很抱歉，也谢谢您愿意告诉我们。我是小陈，今天下午三点前给您回电。',
  },
  {
    about: 'refund',
    draft:
      '李女士您好，非常抱歉给您带来了不好的体验，同时也非常感谢您愿意花时间告诉我们问题所在。您说“客服电话打了六次没人接”，换作是我也会很着急。',
  },
  {
    about: 'refund',
    draft:
      '张先生，谢谢您的直言。“到现在也没到账”，等了这么久，任谁都会生气。对不起，这笔钱我来跟到底，明天中午十二点前告诉您结果。',
  },
  {
    about: 'crash',
    draft:
      '赵女士您好！“客服只会说这是规定”，看到这句话我很难受，您的心情我完全能体会。对不起，让您失望了；也感谢您把它写下来。',
  },
  {
    about: 'crash',
    draft: '趙女士您好，抱歉讓您失望了。謝謝您告訴我們「三天了没人理我」，我很理解您的心情。今天由我負責。',
  },
  {
    about: 'refund',
    draft:
      '孙先生您好，让您久等了，实在对不起。感谢您把“上周三说好周五退款”讲得这么清楚，说好的事没做到，换成我也会生气。原因是银行退回了这笔款，我们今天已重新打出。',
  },
  {
    about: 'refund',
    reply: true,
    draft: '李女士，退款已于今天上午十点打出，银行显示两小时内到账。我下午四点再给您打电话确认。',
  },
  {
    about: 'crash',
    reply: true,
    draft: '王总，闪退的原因找到了：是上周的更新与旧机型不兼容。修好的版本周四发布，在那之前我先帮您退回旧版。',
  },
  {
    about: 'crash',
    reply: true,
    red: true,
    draft: '王总，今天不谈续费，只想把闪退的事解决好。工程师周三上午九点到您公司。',
  },
  {
    about: 'lawyer',
    draft:
      '刘先生您好，谢谢您直接告诉我们“再不解决我就去12315投诉”，您的着急我能理解。您反映的情况我们高度重视，已请专门团队核实，今天下午五点前由我给您回电。',
  },
  {
    about: 'refund',
    reply: true,
    draft: '您好，我是负责您这件事的小周，电话没打通，方便的话请告诉我今天几点可以联系您。',
  },
  {
    about: 'refund',
    reply: true,
    recent: ['李女士，退款已经打出，请您留意到账短信。'],
    draft: '陈先生，您的补偿券今天已放进账户，有效期一年；下次下单会自动抵扣。',
  },
  {
    about: 'late',
    draft:
      'Dear Mr Cole, I am so sorry. You wrote "I called six times and nobody answered" and I can only imagine how frustrating that was. Thank you for telling us; I will ring you today at 4 pm.',
  },
  {
    about: 'late',
    draft:
      "Hi Tom, thank you for your honesty. We promised and did not deliver, and I apologise for that. “it still has not arrived” is the last thing anybody wants to write about their own money. I'd be upset too.",
  },
  {
    about: 'hungUp',
    draft:
      'Hello Ms Diaz, thanks for taking the time to write. "Your agent told me "that is our policy" and hung up" made me wince: I understand how let down you must feel, and I am sorry.',
  },
  {
    about: 'hungUp',
    draft:
      'Ms Diaz, I read your words, "The export button crashes every time", and I completely understand your frustration. Please accept my apologies, and my thanks for pointing it out. The cause is an update of ours; it will be undone by 6 pm.',
  },
  {
    about: 'late',
    draft:
      'Dear Mr Cole, we\'re sorry to have let you down. Thanks for letting us know that "nobody answered". In your place I would be angry as well.',
  },
  {
    about: 'sue',
    draft:
      'Dear Ms Fox, thank you for telling us "If nobody calls me back I will sue". I understand how upsetting this has been. We take what you describe very seriously and a specialist team is looking into it; I will call you at 2 pm today.',
  },
  {
    about: 'late',
    reply: true,
    draft:
      'Your refund of 48 dollars left our bank at 10 am and will be on your account tomorrow. I will call at noon to check.',
  },
  {
    about: 'hungUp',
    reply: true,
    draft:
      'We found the cause: last week’s release broke the export. The fix goes live on Thursday at 9 am; until then I have moved you back to the old version.',
  },
  {
    about: 'late',
    reply: true,
    red: true,
    draft:
      'I am not calling about anything you might buy. I only want to put this right, and the engineer is with you on Monday at 10.',
  },
  {
    about: 'hungUp',
    reply: true,
    draft: 'I tried to reach you this morning. When would be a good time to talk today?',
  },
  {
    about: 'late',
    reply: true,
    recent: ['Your refund has been sent, please check your account.'],
    draft: 'The voucher is in your account now and valid for a year.',
  },
  {
    about: 'hungUp',
    reply: true,
    draft:
      'I checked the recording of that call. You should never have been spoken to like that, and the agent’s manager knows. Your credit of 20 dollars is booked.',
  },
];

/** Written with the lists known, against what they might miss. */
export const laterBad: BadDraft[] = [
  { rule: 'forbidden-excuse', about: 'refund', reply: true, draft: '我们这边规定就是这么写的，谁来问都一样。' },
  { rule: 'forbidden-excuse', about: 'refund', reply: true, draft: '退款要按照财务部门的相关规定来办，急不得。' },
  { rule: 'forbidden-excuse', about: 'crash', reply: true, draft: '这个不归我们部门管，您找一下开发商吧。' },
  {
    rule: 'forbidden-excuse',
    about: 'crash',
    reply: true,
    draft: '您说“客服只会说这是规定”，可是这确实是公司的规定。',
  },
  { rule: 'forbidden-excuse', about: 'refund', reply: true, draft: '超过七天就退不了了，公司政策就是如此。' },
  { rule: 'forbidden-excuse', about: 'refund', reply: true, draft: '实在爱莫能助，財務那邊的流程就是這樣。' },
  {
    rule: 'defence-before-apology',
    about: 'refund',
    draft: '杨女士您好，谢谢您的反馈“到现在也没到账”。银行节假日不处理退款，请您理解。抱歉让您久等，您的心情我能体会。',
  },
  {
    rule: 'defence-before-apology',
    about: 'refund',
    draft: '我们的记录显示退款已经提交了。您说“到现在也没到账”，很抱歉，谢谢您提醒，我能理解您的着急。',
  },
  {
    rule: 'defence-before-apology',
    about: 'crash',
    draft: '感谢您反馈“新功能一打开就闪退”，我理解您的不满，不过这属于正常现象，给您造成困扰我们很抱歉。',
  },
  {
    rule: 'missing-part',
    about: 'crash',
    draft: '您好，对不起，让您失望了，谢谢您的反馈，我很理解您的感受，稍等我查一下。',
  },
  {
    rule: 'missing-part',
    about: 'refund',
    draft: '谢谢您！“客服电话打了六次没人接”，我理解您的心情，今天下午三点给您回电。',
  },
  {
    rule: 'missing-part',
    about: 'lawyer',
    draft: '刘先生您好，谢谢您告诉我们“律师已经在看合同了”，您的着急我能理解。我今天下午五点给您回电。',
  },
  { rule: 'renewal-to-red', about: 'refund', red: true, reply: true, draft: '为表歉意，您现在续约可享八折。' },
  { rule: 'renewal-to-red', about: 'crash', red: true, reply: true, draft: '要不要顺便升级套餐？新版更稳定。' },
  { rule: 'misquote', about: 'crash', draft: '您好，您提到「功能总是闪退」，很抱歉，谢谢您的反馈，您的心情我理解您。' },
  { rule: 'admission', about: 'lawyer', reply: true, draft: '我们承认合同这一条写得有问题，违约了，愿意赔偿。' },
  { rule: 'vague-promise', about: 'refund', reply: true, draft: '请您耐心等待，有进展我们会通知您。' },
  { rule: 'vague-promise', about: 'refund', reply: true, draft: '我今天已经联系了财务。他们会在近期处理。' },
  { rule: 'forbidden-excuse', about: 'late', reply: true, draft: 'I wish I could, but thats just our policy.' },
  {
    rule: 'forbidden-excuse',
    about: 'late',
    reply: true,
    draft: 'Those are the rules, and we do not make exceptions.',
  },
  {
    rule: 'forbidden-excuse',
    about: 'hungUp',
    reply: true,
    draft: 'The system won’t let me do that, it is not my department.',
  },
  {
    rule: 'forbidden-excuse',
    about: 'hungUp',
    reply: true,
    draft: 'As per the company’s policy, credits are only given after review.',
  },
  {
    rule: 'forbidden-excuse',
    about: 'hungUp',
    reply: true,
    draft: 'You said "that is our policy" and indeed that is our policy.',
  },
  {
    rule: 'defence-before-apology',
    about: 'late',
    draft:
      'Hi Tom, our records show the refund was issued on Friday. Sorry you have not seen it. Thanks for telling us "nobody answered", I understand your frustration.',
  },
  {
    rule: 'defence-before-apology',
    about: 'late',
    draft:
      'Thank you for writing. Actually the bank usually takes five days. I apologise for the wait; "it still has not arrived" must be frustrating.',
  },
  {
    rule: 'missing-part',
    about: 'hungUp',
    draft:
      'Thank you for your message and sorry for the trouble. You said "The export button crashes every time". What browser do you use?',
  },
  {
    rule: 'missing-part',
    about: 'sue',
    draft: 'Thank you for writing "I will sue". I understand how upsetting this is. I am sorry.',
  },
  {
    rule: 'renewal-to-red',
    about: 'hungUp',
    red: true,
    reply: true,
    draft: 'If you extend your contract now we can offer 20 percent off.',
  },
  {
    rule: 'misquote',
    about: 'hungUp',
    reply: true,
    draft: 'You mentioned “export is broken all the time”, which we looked into.',
  },
  { rule: 'admission', about: 'sue', reply: true, draft: 'We were at fault here and we will compensate you.' },
  { rule: 'admission', about: 'sue', reply: true, draft: 'I am sorry that our agent lied to you.' },
  {
    rule: 'vague-promise',
    about: 'hungUp',
    reply: true,
    draft: 'We called you today. Our engineers will fix it shortly.',
  },
  {
    rule: 'near-copy',
    about: 'late',
    reply: true,
    recent: [
      'Hello Sam, thank you for waiting. Your case 4411 is with our billing team and they will settle it by 5 pm today, and I will call you afterwards to make sure that it worked.',
    ],
    draft:
      'Hello Kim, thank you for waiting. Your case 9023 is with our billing team and they will settle it by 3 pm today, and I will call you afterwards to make sure it worked.',
  },
];

/** Written with the lists known, against what they might wrongly catch. */
export const laterGood: SeededDraft[] = [
  { about: 'refund', reply: true, draft: '退款会在规定时间内到账，最晚周五下午五点，我会再打给您。' },
  { about: 'crash', reply: true, draft: '我们把这条规定改了：从今天起，闪退的客户都能直接找工程师。' },
  { about: 'crash', reply: true, draft: '您说“客服只会说这是规定！”，我听了录音，那位同事今天已重新培训。' },
  { about: 'refund', reply: true, draft: '延误的原因是银行退回了这笔款，因为户名少了一个字；今天下午两点已重新打出。' },
  { about: 'refund', reply: true, draft: '我尽快，最晚今天下午五点前给您电话。' },
  { about: 'crash', reply: true, draft: '王总，您的年费续费已经办好，发票今天寄出。' },
  { about: 'crash', reply: true, red: true, draft: '我不是来谈续费的，工程师明天上午九点到。' },
  {
    about: 'refund',
    draft:
      '周女士您好，因为我们的疏忽让您久等，对不起。谢谢您告诉我们“到现在也没到账”，我很理解您的着急，今天下午四点前给您答复。',
  },
  {
    about: 'refund',
    draft:
      '谢谢您的反馈。“客服电话打了六次没人接”，换谁都会生气，真对不起。由于银行退回，这笔款今天重新打出，“极速退款”功能也已恢复。',
  },
  {
    about: 'crash',
    draft: '郑先生，对不住了。“三天了没人理我”这几个字让我很不安，您的感受我能体会，多谢您还愿意给我们机会。',
  },
  {
    about: 'lawyer',
    reply: true,
    draft: '刘先生，您需要的合同副本已于今天上午十点寄到您的邮箱，专门团队的陈律师下午三点与您通话。',
  },
  { about: 'refund', reply: true, recent: ['好的。'], draft: '好的。' },
  { about: 'late', reply: true, draft: 'Your policy number is on the letter; the claim is paid on Tuesday.' },
  {
    about: 'late',
    reply: true,
    draft: 'We changed the way refunds are made because of what you told us. Yours went out today.',
  },
  {
    about: 'late',
    reply: true,
    draft: 'I will call you as soon as the bank confirms, tomorrow before noon at the latest.',
  },
  {
    about: 'hungUp',
    reply: true,
    draft: 'You said "that is our policy" is all you heard. I asked the agent’s manager to call you at 3 pm.',
  },
  { about: 'hungUp', reply: true, draft: 'Your renewal went through yesterday and the invoice is attached.' },
  {
    about: 'hungUp',
    reply: true,
    red: true,
    draft: 'This call is not about your renewal. I want to get the export working by 4 pm today.',
  },
  {
    about: 'late',
    draft:
      'Hello Mr Cole, I apologise. Thanks for telling us that “it still has not arrived”. I can see why you are angry. It was held because of a wrong account number and goes out today.',
  },
  {
    about: 'late',
    draft:
      'Dear Mr Cole, thank you. "I called six times and nobody answered": no wonder you are upset, and I am sorry. The “Fast Refund” feature failed, and it is repaired as of today.',
  },
  {
    about: 'sue',
    reply: true,
    draft: 'The copy of the contract you asked for was mailed at 10 am, and our counsel is free at 3 pm today.',
  },
  {
    about: 'hungUp',
    reply: true,
    draft: 'The fix is in version 4.2, released this morning, and your data is complete.',
  },
];
