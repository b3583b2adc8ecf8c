import type { Language } from '@heard/reports/figures';
import { initiativeReport } from '@heard/reports/initiative-report';
import { packReport } from '@heard/reports/pack-report';
import { periodReport } from '@heard/reports/period-report';
import { associationsOf } from './leaving.ts';
import type { Report } from './report-renderer.ts';

process.on('message', ({ id, report, language }: { id: number; report: Report; language: Language }) => {
  try {
    process.send!({ id, html: htmlOf(report, language) });
  } catch (error) {
    process.send!({ id, error });
  }
});

function htmlOf(report: Report, language: Language): string {
  if (report.kind === 'pack') return packReport(report.data, language);
  const associations = associationsOf(report.leaving);
  if (report.kind === 'period') return periodReport({ ...report.data, associations }, language);
  return initiativeReport({ ...report.data, associations }, language);
}
