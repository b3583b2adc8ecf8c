import { csvRows, type Row } from './csv.ts';
import { BadCell, bodyOf, fieldNames, isField, type Kind, kinds, type Problem } from './fields.ts';
import { type Line, textLines, UnreadableFile } from './lines.ts';

export type { Kind } from './fields.ts';
export { UnreadableFile } from './lines.ts';

export type RecordOrProblem =
  | {
      /** Where the record starts in the file, from 1. */
      line: number;
      kind: Kind;
      /** Shaped like the HTTP body, not yet checked against its schema. */
      value: unknown;
      problem?: undefined;
    }
  | { line: number; problem: Problem; value?: undefined };

export interface ReadOptions {
  format: 'csv' | 'jsonl';
  /** auto: a CSV file is what its columns say, a JSON line what its type says, or its externalId. */
  kind: Kind | 'auto';
  /** Column (JSON: top-level key) -> field. An empty field drops the column. */
  map?: Record<string, string>;
  /** Field -> cell, for where the file has none. */
  defaults?: Record<string, string>;
}

/** A column nobody told us the meaning of; thrown before anything after the header is read. */
export class UnknownColumn extends UnreadableFile {
  override name = 'UnknownColumn';
}

/**
 * Reads customer feedback or customer values from a file as it streams by; memory does not grow with the file.
 *
 * A line that cannot be read is yielded as a problem with its number and the reading goes on; blank lines are nothing.
 * Throws UnreadableFile where no line would make sense: UTF-16, a broken header, UnknownColumn.
 */
export async function* readRecords(
  stream: AsyncIterable<Uint8Array>,
  options: ReadOptions,
): AsyncGenerator<RecordOrProblem> {
  const asked = options.kind === 'auto' ? kinds : [options.kind];
  for (const field of [...Object.values(options.map ?? {}), ...Object.keys(options.defaults ?? {})]) {
    if (field === '' || asked.some((kind) => isField(kind, field))) continue;
    throw new UnknownColumn(`there is no field "${shown(field)}"; the fields are ${namesOf(asked)}`);
  }
  if (options.format === 'csv') yield* readCsv(stream, options);
  else yield* readJsonLines(stream, options);
}

async function* readCsv(stream: AsyncIterable<Uint8Array>, options: ReadOptions): AsyncGenerator<RecordOrProblem> {
  let header: Header | undefined;
  for await (const rows of csvRows(stream)) {
    for (const row of rows) {
      if (!header) header = headerOf(row, options);
      else {
        const record = recordOf(row, header);
        if (record) yield record;
      }
    }
  }
}

interface Header {
  kind: Kind;
  /** The field of each column; undefined: the column is dropped; empty: it has no name. */
  fields: (string | undefined)[];
  defaults: [string, string][];
}

function headerOf(row: Row, options: ReadOptions): Header {
  if (row.problem) throw new UnreadableFile(`the header in line ${row.line} ${row.problem.message}`);
  const columns = row.cells.map((cell) => cell.trim());
  const fields = columns.map((column) => {
    const field = own(options.map, column);
    return field === '' ? undefined : (field ?? column);
  });
  const kind = options.kind === 'auto' ? kindOf(fields) : options.kind;
  fields.forEach((field, at) => {
    if (!field) return;
    if (fields.indexOf(field) < at) throw new UnreadableFile(`two columns are "${shown(field)}"`);
    if (!isField(kind, field)) {
      throw new UnknownColumn(
        `unknown column "${shown(columns[at]!)}": map it to a field of ${kind} (${fieldNames(kind).join(', ')}), or to nothing`,
      );
    }
  });
  return { kind, fields, defaults: defaultsFor(kind, options) };
}

function kindOf(fields: readonly (string | undefined)[]): Kind {
  const known = (kind: Kind) => fields.filter((field) => field && isField(kind, field)).length;
  return known('customer-values') > known('responses') ? 'customer-values' : 'responses';
}

function recordOf(row: Row, { kind, fields, defaults }: Header): RecordOrProblem | undefined {
  const { line } = row;
  if (row.problem) {
    const { cell, message } = row.problem;
    return { line, problem: { field: (cell !== undefined && fields[cell]) || 'line', message } };
  }
  const cells = new Map<string, string>();
  let blank = true;
  for (const [at, cell] of row.cells.entries()) {
    const field = fields[at];
    const content = cell.trim();
    if (content === '' || field === undefined) continue;
    if (field === '') return { line, problem: { field: 'line', message: `column ${at + 1} has no name` } };
    cells.set(field, content);
    blank = false;
  }
  if (blank) return;
  for (const [field, cell] of defaults) if (!cells.has(field)) cells.set(field, cell);
  return bodyOrProblem(line, kind, cells);
}

function bodyOrProblem(line: number, kind: Kind, cells: Map<string, string>): RecordOrProblem {
  try {
    return { line, kind, value: bodyOf(kind, cells) };
  } catch (error) {
    if (!(error instanceof BadCell)) throw error;
    return { line, problem: { field: error.field, message: error.message } };
  }
}

async function* readJsonLines(
  stream: AsyncIterable<Uint8Array>,
  options: ReadOptions,
): AsyncGenerator<RecordOrProblem> {
  const defaults = {
    responses: defaultBody('responses', options),
    'customer-values': defaultBody('customer-values', options),
  };
  for await (const lines of textLines(stream)) {
    for (const line of lines) {
      if (line.fault === undefined && line.text.trim() === '') continue;
      yield jsonRecord(line, options, defaults);
    }
  }
}

function defaultBody(kind: Kind, options: ReadOptions): Record<string, unknown> {
  try {
    return bodyOf(kind, new Map(defaultsFor(kind, options)));
  } catch (error) {
    if (!(error instanceof BadCell)) throw error;
    throw new UnreadableFile(`the default of ${error.field} ${error.message}`);
  }
}

function defaultsFor(kind: Kind, options: ReadOptions): [string, string][] {
  return Object.entries(options.defaults ?? {}).filter(([field]) => isField(kind, field));
}

const kindOfType: Record<string, Kind> = {
  'survey-response.submitted': 'responses',
  'customer-value.published': 'customer-values',
};

function jsonRecord(
  { number: line, text, fault }: Line,
  options: ReadOptions,
  defaults: Record<Kind, Record<string, unknown>>,
): RecordOrProblem {
  const bad = (field: string, message: string): RecordOrProblem => ({ line, problem: { field, message } });
  if (fault !== undefined) return bad('line', fault);
  let object: unknown;
  try {
    object = JSON.parse(text);
  } catch {
    return bad('line', 'is not valid JSON'); // the engine's own message quotes the text
  }
  if (!isObject(object)) return bad('line', 'is not a JSON object');
  if (!('type' in object)) {
    const body = renamed(object, options.map);
    const bare = 'externalId' in body ? 'responses' : 'customer-values';
    const kind = options.kind === 'auto' ? bare : options.kind;
    return { line, kind, value: { ...defaults[kind], ...body } };
  }
  const kind = own(kindOfType, String(object.type));
  if (!kind) return bad('type', `must be ${Object.keys(kindOfType).join(' or ')}`);
  if (options.kind !== 'auto' && options.kind !== kind) return bad('type', `does not belong among ${options.kind}`);
  if (!isObject(object.data)) return bad('data', 'is not a JSON object');
  return { line, kind, value: { ...defaults[kind], ...renamed(object.data, options.map) } };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function renamed(body: Record<string, unknown>, map: Record<string, string> | undefined): Record<string, unknown> {
  if (!map) return body;
  const entries = Object.entries(body).map(([key, value]) => [own(map, key) ?? key, value] as const);
  return Object.fromEntries(entries.filter(([key]) => key !== ''));
}

function own<T>(record: Record<string, T> | undefined, key: string): T | undefined {
  return record && Object.hasOwn(record, key) ? record[key] : undefined;
}

function shown(name: string): string {
  return name.length > 60 ? `${name.slice(0, 60)}…` : name;
}

function namesOf(asked: readonly Kind[]): string {
  return [...new Set(asked.flatMap(fieldNames))].join(', ');
}
