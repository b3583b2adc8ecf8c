import { quarterReport } from '@heard/reports/fixture-reports';
import { eventually } from '@heard/testing/eventually';
import { afterEach, expect, test } from 'vitest';
import { ReportRenderer } from './report-renderer.ts';

const { associations: _, ...data } = quarterReport;
const leaving = {
  customers: [],
  themes: new Map(),
  shown: [],
  others: true,
  levels: { alpha: 0.05, confidence: 0.95 },
};
const report = { kind: 'period' as const, data, leaving };
let renderer: ReportRenderer;
afterEach(() => renderer.close());

test('the process starts with the first report, is the same for the next, and ends when none is asked for', async () => {
  renderer = new ReportRenderer(300);
  expect(renderer.pid).toBeUndefined();
  const [zh, en] = await Promise.all([renderer.render(report, 'zh'), renderer.render(report, 'en')]);
  expect([zh, en].map((page) => page.match(/<html lang="(\w+)/)![1])).toEqual(['zh', 'en']);
  const { pid } = renderer;
  await renderer.render(report, 'zh');
  expect(renderer.pid).toBe(pid);
  await eventually('the end', async () => renderer.pid === undefined && !isAlive(pid!));
});

test('when the process is lost, who waits is told, and the next report starts another', async () => {
  renderer = new ReportRenderer();
  const waiting = renderer.render(report, 'zh');
  process.kill(renderer.pid!, 'SIGKILL');
  await expect(waiting).rejects.toThrow('making a report failed');
  expect(await renderer.render(report, 'zh')).toContain('</html>');
});

test('a report that cannot be made is an error of that report alone', async () => {
  renderer = new ReportRenderer();
  const broken = {
    kind: 'period' as const,
    data: { ...data, counting: { ...data.counting, timeZone: 'Nowhere' } },
    leaving,
  };
  await expect(renderer.render(broken, 'zh')).rejects.toThrow('making a report failed');
  expect(await renderer.render(report, 'zh')).toContain('</html>');
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
