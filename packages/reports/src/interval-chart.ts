import type { Interval } from '@heard/statistics/interval';
import { draw, ink, muted, rule, soft, strong, whiskers } from './charts.ts';
import type { Markup } from './html.ts';

export interface IntervalRow {
  label: string;
  interval: Interval;
  /** The same in words, at the right. */
  text: string;
  /** Carries the finding. */
  emphasised: boolean;
}

/** Rows of estimates with their whiskers: bars from zero, or dots beside a line of "no difference". */
export function intervalChart(
  rows: readonly IntervalRow[],
  look: {
    mark: 'bar' | 'dot';
    axis: (value: number) => string;
    logarithmic?: boolean;
    reference?: number;
    max?: number;
  },
  says: string,
): Markup {
  const { mark, axis, logarithmic, reference, max } = look;
  const lines = rows.length;
  const height = lines * 34 + 34;
  const ends = rows.flatMap(({ interval }) => [interval.lower, interval.upper, reference ?? interval.lower]);
  const scale = logarithmic
    ? logarithmicAxis(Math.min(...ends), Math.max(...ends))
    : { type: 'value' as const, ...(max === undefined ? {} : { min: 0, max }) };
  const colour = (row: IntervalRow) => (row.emphasised ? strong : mark === 'bar' ? soft : '#ffffff');
  return draw(
    {
      grid: { left: 188, right: 152, top: 6, bottom: 28 },
      xAxis: {
        ...scale,
        splitLine: { lineStyle: { color: rule } },
        axisLabel: { color: muted, fontSize: 11, formatter: axis, hideOverlap: true },
        splitNumber: 4,
      },
      yAxis: [
        {
          type: 'category',
          inverse: true,
          data: rows.map(({ label }) => label),
          axisLine: { show: reference === undefined, onZero: false, lineStyle: { color: muted } },
          axisTick: { show: false },
          axisLabel: {
            align: 'left',
            width: 176,
            overflow: 'break',
            fontSize: 13,
            lineHeight: 15,
            color: ink,
            margin: 188,
          },
        },
        {
          type: 'category',
          inverse: true,
          position: 'right',
          data: rows.map(({ text }) => text),
          axisLine: { show: false },
          axisTick: { show: false },
          axisLabel: { align: 'right', fontSize: 12.5, color: ink, margin: 152 },
        },
      ],
      series: [
        {
          type: mark === 'bar' ? 'bar' : 'scatter',
          silent: true,
          barWidth: 15,
          symbolSize: 10,
          data: rows.map((row, at) => ({
            value: mark === 'bar' ? row.interval.estimate : [row.interval.estimate, at],
            itemStyle: { color: colour(row), ...(mark === 'dot' ? { borderColor: strong, borderWidth: 1.5 } : {}) },
          })),
          z: mark === 'bar' ? 2 : 6,
          ...(reference === undefined
            ? {}
            : {
                markLine: {
                  silent: true,
                  symbol: 'none',
                  label: { show: false },
                  lineStyle: { color: ink, type: 'dashed', width: 1 },
                  data: [{ xAxis: reference }],
                },
              }),
        },
        whiskers(
          'x',
          rows.map(({ interval }, at) => [interval.lower, interval.upper, at] as const),
        ),
      ],
    } as Parameters<typeof draw>[0],
    { width: 760, height },
    says,
  );
}

/** In steps of two, of ten where there would be too many. */
function logarithmicAxis(least: number, most: number) {
  const logBase = most / least > 100 ? 10 : 2;
  const step = (value: number, round: (value: number) => number) =>
    logBase ** round(Math.log(value) / Math.log(logBase));
  return { type: 'log' as const, logBase, min: step(least, Math.floor), max: step(most, Math.ceil) };
}
