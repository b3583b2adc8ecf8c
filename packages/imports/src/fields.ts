export type Kind = 'responses' | 'customer-values';

export interface Problem {
  field: string;
  message: string;
}

/** A cell that cannot become its field. The message never repeats the cell: it may be personal. */
export class BadCell extends Error {
  override name = 'BadCell';
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

type Read = (cell: string, field: string) => unknown;

const text: Read = (cell) => cell;

const whole: Read = (cell, field) => {
  const number = Number(cell);
  if (!/^-?\d+$/.test(cell) || !Number.isSafeInteger(number)) throw new BadCell(field, 'must be a whole number');
  return number;
};

const flag: Read = (cell, field) => {
  if (!/^(true|false)$/i.test(cell)) throw new BadCell(field, 'must be true or false');
  return cell.toLowerCase() === 'true';
};

/** Cells such as "too dear|moved away". */
const list: Read = (cell) =>
  cell
    .split('|')
    .map((part) => part.trim())
    .filter((part) => part !== '');

const fields: Record<Kind, Record<string, Read>> = {
  responses: {
    source: text,
    externalId: text,
    revision: whole,
    customerId: text,
    kind: text,
    channel: text,
    scale: text,
    score: whole,
    comment: text,
    occurredAt: text,
    followUp: text,
    backfill: flag,
    product: text,
    campaign: text,
    reasons: list,
  },
  'customer-values': {
    source: text,
    customerId: text,
    version: whole,
    lifetimeValue: text,
    currency: text,
    valueClass: text,
    tier: text,
    csmId: text,
    name: text,
    honorific: text,
    phone: text,
    email: text,
    timeZone: text,
    occurredAt: text,
  },
};

export const kinds = Object.keys(fields) as Kind[];

export function isField(kind: Kind, field: string): boolean {
  return Object.hasOwn(fields[kind], field) || (kind === 'responses' && /^attributes\../.test(field));
}

export function fieldNames(kind: Kind): string[] {
  return [...Object.keys(fields[kind]), ...(kind === 'responses' ? ['attributes.<name>'] : [])];
}

/**
 * Shapes flat cells like the HTTP body: `score` and `scale` become the score, `lifetimeValue` (major units, "1234.50")
 * and `currency` become money in minor units, `attributes.x` go into attributes. A scale without a score and a currency
 * without a value say nothing and are dropped. Throws BadCell.
 */
export function bodyOf(kind: Kind, cells: ReadonlyMap<string, string>): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  const attributes: [string, string][] = [];
  for (const [field, cell] of cells) {
    const read = fields[kind][field];
    if (read) body[field] = read(cell, field);
    else attributes.push([field.slice('attributes.'.length), cell]);
  }
  if (attributes.length > 0) body.attributes = Object.fromEntries(attributes);
  const { scale, score, currency, lifetimeValue, ...rest } = body;
  if (score !== undefined) rest.score = { scale: beside('scale', 'score', scale), value: score };
  if (lifetimeValue !== undefined) {
    rest.lifetimeValue = money(lifetimeValue as string, beside('currency', 'lifetimeValue', currency));
  }
  return rest;
}

function beside(field: string, other: string, value: unknown): string {
  if (value === undefined) throw new BadCell(field, `is needed beside ${other}`);
  return value as string;
}

function money(decimal: string, currency: string): { amount: number; currency: string } {
  const digits = minorDigits(currency);
  const [, sign, major, minor = ''] = /^(-?)(\d{1,12})(?:\.(\d+))?$/.exec(decimal) ?? [];
  if (major === undefined || minor.length > digits) {
    throw new BadCell('lifetimeValue', `must be a number such as ${(1234.5).toFixed(digits)}`);
  }
  const amount = Number(major + minor.padEnd(digits, '0'));
  return { amount: sign && amount > 0 ? -amount : amount, currency };
}

const digitsOf = new Map<string, number>();

function minorDigits(currency: string): number {
  let digits = digitsOf.get(currency);
  if (digits === undefined) {
    try {
      const format = new Intl.NumberFormat('en', { style: 'currency', currency });
      digits = format.resolvedOptions().maximumFractionDigits ?? 2;
    } catch {
      throw new BadCell('currency', 'must be an ISO 4217 code such as CNY');
    }
    digitsOf.set(currency, digits);
  }
  return digits;
}
