/** For the screen and for A4, in colour and in grey. System fonts, Chinese ones included. */
export const style = `
@page { size: A4; margin: 13mm 14mm 15mm; @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; color: #5b6b79; } }
* { box-sizing: border-box; }
html { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
body { margin: 0 auto; padding: 40px 28px 56px; max-width: 816px; background: #fff; color: #1c2833;
  font-size: 15px; line-height: 1.5;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; text-wrap: pretty; }
p, ul, ol, h1, h2, h3, dl, dd, blockquote, figure { margin: 0; padding: 0; }
ul, ol { list-style: none; }
:lang(zh) { font-family: "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "Helvetica Neue", Arial, sans-serif; }
:lang(en) { font-family: "Helvetica Neue", Helvetica, Arial, "Liberation Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", "WenQuanYi Micro Hei", sans-serif; }
svg { display: block; width: 100%; height: auto; }
.brand { display: flex; gap: 12px; align-items: baseline; font-size: 13px; color: #5b6b79; border-bottom: 2px solid #14476b; padding-bottom: 8px; }
.brand b { color: #14476b; font-size: 17px; letter-spacing: .02em; }
.brand span:last-child { margin-left: auto; }
h1 { font-size: 29px; line-height: 1.28; font-weight: 700; margin: 26px 0 22px; letter-spacing: -.005em; text-spacing-trim: trim-start; }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); border: 1px solid #dde4ea; border-radius: 6px; }
.tiles li { padding: 14px 16px 13px; border-left: 1px solid #dde4ea; }
.tiles li:first-child { border-left: 0; }
.tiles b { display: block; font-size: 21px; line-height: 1.25; font-weight: 700; color: #14476b; }
.tiles span { display: block; font-size: 13px; line-height: 1.35; margin-top: 2px; }
.tiles small { display: block; color: #5b6b79; font-size: 12px; margin-top: 2px; }
small.alarming { color: #a32617; font-weight: 600; }
section { margin-top: 36px; }
.kicker { font-size: 12.5px; font-weight: 600; color: #5b6b79; letter-spacing: .06em; }
h2 { font-size: 19.5px; line-height: 1.35; font-weight: 700; margin: 3px 0 12px; text-spacing-trim: trim-start; }
.lead { margin: -4px 0 12px; }
.none { color: #5b6b79; margin-top: 3px; }
.note { font-size: 12px; line-height: 1.45; color: #5b6b79; margin-top: 8px; }
.panels { display: grid; grid-template-columns: repeat(3, 1fr); gap: 20px; }
.panels.one { grid-template-columns: 1fr; }
.lead.strong { font-size: 17px; margin: -10px 0 22px; }
.panels h3 { font-size: 14px; line-height: 1.3; font-weight: 600; margin-bottom: 4px; }
.panels figure { display: flex; flex-direction: column; justify-content: space-between; }
table { width: 100%; border-collapse: collapse; font-size: 13.5px; line-height: 1.35; margin-top: 10px; }
th { text-align: left; font-size: 12px; font-weight: 600; color: #5b6b79; padding: 6px 10px; border-bottom: 1.5px solid #1c2833; vertical-align: bottom; }
td { padding: 7px 10px; border-bottom: 1px solid #dde4ea; vertical-align: top; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
th.n, td.n { text-align: right; white-space: nowrap; }
td small.line { white-space: nowrap; }
td small { display: block; color: #5b6b79; font-size: 12px; }
tr.top td { font-weight: 600; }
.badge { display: inline-block; white-space: nowrap; font-size: 12.5px; font-weight: 600; padding: 1px 9px; border-radius: 10px; border: 1px solid; }
.badge.good { background: #14476b; color: #fff; border-color: #14476b; }
.badge.bad { color: #a32617; border-color: #a32617; }
.badge.open { color: #45525e; border-color: #9fadb9; }
.cards { display: grid; gap: 18px; }
.card { border-top: 1px solid #dde4ea; padding-top: 12px; break-inside: avoid; }
.card h3 { font-size: 15px; display: flex; gap: 10px; align-items: baseline; flex-wrap: wrap; margin-bottom: 2px; }
blockquote { border-left: 3px solid #b4c5d3; padding: 1px 0 1px 14px; margin-top: 12px; break-inside: avoid; }
blockquote p { font-size: 15px; white-space: pre-line; }
blockquote footer { font-size: 12px; color: #5b6b79; margin-top: 2px; }
.steps li { display: grid; grid-template-columns: 112px 1fr; gap: 10px; padding: 6px 0; border-bottom: 1px solid #dde4ea; font-size: 13.5px; }
.steps time { color: #5b6b79; }
.whys li { padding: 8px 0 8px 14px; border-left: 3px solid #b4c5d3; margin-bottom: 6px; break-inside: avoid; }
.whys li.root { border-left-color: #14476b; }
.whys small { display: block; color: #5b6b79; font-size: 12.5px; }
dl.method { display: grid; grid-template-columns: max-content 1fr; gap: 4px 18px; font-size: 12.5px; color: #45525e; border-top: 1px solid #dde4ea; padding-top: 10px; margin-top: 6px; }
dl.method dt { font-weight: 600; }
@media (max-width: 640px) { .tiles { grid-template-columns: repeat(2, 1fr); } .tiles li:nth-child(3) { border-left: 0; } .panels { grid-template-columns: 1fr; } }
@media print {
  body { max-width: none; padding: 0; font-size: 9.8pt; line-height: 1.42; }
  h1 { font-size: 19pt; margin: 12pt 0; }
  h2 { font-size: 12.5pt; margin-bottom: 6pt; }
  section { margin-top: 14pt; }
  table { font-size: 9.2pt; margin-top: 6pt; }
  th, td small, .note { font-size: 8.2pt; }
  td { padding-top: 4pt; padding-bottom: 4pt; }
  .tiles li { padding: 8pt 10pt; }
  .tiles b { font-size: 14pt; }
  .lead { margin-bottom: 8pt; }
  .cards { gap: 10pt; }
  blockquote { margin-top: 8pt; }
  blockquote p { font-size: 9.8pt; }
  .kicker, h2, h3, .lead { break-after: avoid; }
  h1, h2, figure, svg, table, tr, .tiles, .panels, .note, .method { break-inside: avoid; }
  .note { break-before: avoid; }
  thead { display: table-header-group; }
}
`;
