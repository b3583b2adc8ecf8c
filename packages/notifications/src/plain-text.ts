/**
 * Makes text inert on every chat channel at once. Active forms taken away: `@all` and `@name` (DingTalk, WeCom),
 * `<@userid>` (WeCom), `<!channel>`, `<@U…>`, `<url|text>` (Slack), `<at user_id=…>` (Feishu), `<a href>` (WeCom app),
 * `[text](url)` and `![](url)` (markdown). The signs are replaced by their full-width twins, so people still read what
 * was written. Control and text-direction characters go, and line breaks become spaces.
 */
export function neutralise(text: string): string {
  return clean(text)
    .replaceAll('@', '＠')
    .replaceAll('<', '＜')
    .replaceAll('>', '＞')
    .replace(/\](\s*)\(/g, ']$1（')
    .replaceAll('&', '＆');
}

/** One line without control and text-direction characters or half surrogate pairs. */
export function clean(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\s\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[\p{Cc}\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu, '')
    .trim();
}

const encoder = new TextEncoder();

/** The longest beginning of `text` that fits into `maxBytes` of UTF-8 with its "…" (3 bytes); no character is split. */
export function truncate(text: string, maxBytes: number): string {
  const bytes = encoder.encode(text);
  if (bytes.length <= maxBytes) return text;
  let end = Math.max(0, maxBytes - 3);
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--;
  return `${new TextDecoder().decode(bytes.subarray(0, end))}…`;
}
