import type { EChartsOption } from 'echarts';
import echarts from 'echarts/dist/echarts.min.js';
import { html, Markup } from './html.ts';

/** Dark enough apart to be told from each other in grey. */
export const ink = '#1c2833';
export const muted = '#5b6b79';
export const strong = '#14476b';
export const soft = '#b4c5d3';
export const rule = '#dde4ea';

/** One chart as SVG that scales with its column. `says` is read aloud instead of it. */
export function draw(option: EChartsOption, size: { width: number; height: number }, says: string): Markup {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...size });
  chart.setOption({ animation: false, textStyle: { fontFamily: 'inherit', color: ink }, ...option });
  const svg = chart.renderToSVGString();
  chart.dispose();
  // The only style the library writes is what a mouse would do.
  const body = new Markup(svg.slice(svg.indexOf('>') + 1).replace(/<style\b.*?<\/style>/s, ''));
  return html`<svg viewBox="0 0 ${size.width} ${size.height}" style="max-width:${size.width}px" role="img" aria-label="${says}">${body}`;
}

/** A whisker from `lower` to `upper` for every `[lower, upper, position]`, lying along x or standing along y. */
export function whiskers(
  along: 'x' | 'y',
  data: readonly (readonly [number, number, number])[],
  { color = ink, ...axes }: { color?: string; xAxisIndex?: number; yAxisIndex?: number } = {},
): NonNullable<Extract<EChartsOption['series'], unknown[]>>[number] {
  return {
    type: 'custom',
    ...axes,
    silent: true,
    z: 5,
    data: data.map((row) => [...row]),
    encode: along === 'x' ? { x: [0, 1], y: 2 } : { y: [0, 1], x: 2 },
    renderItem: (_params, api) => {
      const [from, to, place] = [api.value(0), api.value(1), api.value(2)];
      const [start, end] = [
        along === 'x' ? api.coord([from, place]) : api.coord([place, from]),
        along === 'x' ? api.coord([to, place]) : api.coord([place, to]),
      ] as [number[], number[]];
      const cap = (at: number[]) =>
        along === 'x' ? line(at[0]!, at[1]! - 4, at[0]!, at[1]! + 4) : line(at[0]! - 3, at[1]!, at[0]! + 3, at[1]!);
      return {
        type: 'group',
        children: [
          // White below, so that it is seen on a dark bar too.
          line(start[0]!, start[1]!, end[0]!, end[1]!, '#ffffff', 2.8),
          line(start[0]!, start[1]!, end[0]!, end[1]!),
          cap(start),
          cap(end),
        ],
      };
    },
  };

  function line(x1: number, y1: number, x2: number, y2: number, stroke = color, lineWidth = 1.2) {
    return { type: 'line' as const, shape: { x1, y1, x2, y2 }, style: { stroke, lineWidth } };
  }
}

/** A round number at or above `most`, in steps of a twentieth, so that all panels of a row share one scale. */
export function ceiling(most: number): number {
  const step = most > 0.2 ? 0.1 : most > 0.04 ? 0.02 : 0.01;
  return Math.min(1, Math.ceil(most / step - 1e-9) * step);
}
