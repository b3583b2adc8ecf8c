import type { Progress } from './replay.ts';

/** One line on a terminal, drawn at most five times a second. */
export function progressBar(
  out: NodeJS.WriteStream,
  now: () => number = performance.now.bind(performance),
): { draw(progress: Progress): void; clear(): void } {
  const started = now();
  let drawn = 0;
  return {
    draw({ read, bytes, totalBytes }) {
      const at = now();
      if (at - drawn < 200) return;
      drawn = at;
      const share = totalBytes > 0 ? Math.min(1, bytes / totalBytes) : 1;
      const bar = '█'.repeat(Math.round(share * 30)).padEnd(30, '░');
      const rate = Math.round((read * 1000) / Math.max(1, at - started));
      out.write(`\r${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${read} lines  ${rate}/s\x1b[K`);
    },
    clear: () => void (drawn > 0 && out.write('\r\x1b[K')),
  };
}
