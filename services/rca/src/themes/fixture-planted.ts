import type { Comment } from './fixture-corpus.ts';

const said: Record<string, string[]> = {
  'packaging-damage': [
    '箱子到的时候包装都压坏了',
    '包装破损，瓶子碎了',
    'The box arrived crushed and leaked',
    '外包装变形，里面洒了一地',
  ],
  'app-website': [
    '小程序登录总是失败',
    'app 一打开就闪退',
    '网站注册下单太繁琐，找不到入口',
    'The website search never works',
  ],
  'customer-service': ['客服不理人', '客服态度敷衍', 'Customer service was rude', '客服一直没人回复'],
  'delivery-speed': ['物流慢得离谱', '等了好久还没收到', 'Still waiting for my delivery'],
};

/** Comments of known themes in the shares of the seeds, 30 %, 25 %, 20 % and the rest about delivery, each said a little differently. */
export function planted(total: number, at: (index: number) => string): (Comment & { theme: string })[] {
  const shares: [string, number][] = [
    ['packaging-damage', 0.3],
    ['app-website', 0.25],
    ['customer-service', 0.2],
    ['delivery-speed', 0.25],
  ];
  const comments: (Comment & { theme: string })[] = [];
  for (const [theme, share] of shares) {
    for (let index = 0; index < Math.round(total * share); index++) {
      const text = said[theme]![index % said[theme]!.length]!;
      const name = `${theme}-${index}`;
      comments.push({ id: name, theme, comment: `${text}，第${index % 50}次了`, occurredAt: at(comments.length) });
    }
  }
  return comments;
}
