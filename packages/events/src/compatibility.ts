import type { JsonSchema } from './json-schema.ts';

/**
 * Why something written by one schema might be refused by a reader of another, each reason with its path; [] when
 * whatever the writer's schema allows, the reader's accepts.
 *
 * Compared are the keywords our schemas use: types, properties, required, additionalProperties, items, enum, const,
 * anyOf, bounds, pattern and format. Conditions (allOf) must be the same on both sides.
 */
export function refusals(writer: JsonSchema, reader: JsonSchema, path = ''): string[] {
  const at = path || 'the data';
  const variants = writer.anyOf ?? writer.oneOf;
  if (variants) return variants.flatMap((one) => refusals(one, reader, path));
  const choices = reader.anyOf ?? reader.oneOf;
  if (choices) {
    const same = choices.filter((one) => typeFits(writer.type, one.type));
    if (same.length === 0) return [`${at}: may be ${kindOf(writer)}, which is not taken`];
    const tries = same.map((one) => refusals(writer, one, path));
    return tries.find((reasons) => reasons.length === 0) ?? tries[0]!;
  }
  if (!typeFits(writer.type, reader.type)) return [`${at}: is ${kindOf(writer)}, was to be ${kindOf(reader)}`];
  return [
    ...valueRefusals(writer, reader, at),
    ...boundRefusals(writer, reader, at),
    ...objectRefusals(writer, reader, path),
    ...(reader.items ? refusals(writer.items ?? {}, reader.items, `${path}[]`) : []),
  ];
}

function valueRefusals(writer: JsonSchema, reader: JsonSchema, at: string): string[] {
  const known = valuesOf(reader);
  if (!known) return [];
  const sent = valuesOf(writer);
  if (!sent) return [`${at}: may be anything, only ${list(known)} is taken`];
  const strange = sent.filter((value) => !known.includes(value));
  return strange.length > 0 ? [`${at}: may be ${list(strange)}, which is not taken`] : [];
}

const lower = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'];
const upper = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'];

function boundRefusals(writer: JsonSchema, reader: JsonSchema, at: string): string[] {
  if (valuesOf(writer)) return [];
  const looser = (keyword: string, holds: (sent: number, taken: number) => boolean) => {
    const taken = reader[keyword] as number | undefined;
    const sent = writer[keyword] as number | undefined;
    if (taken === undefined || (sent !== undefined && holds(sent, taken))) return [];
    return [`${at}: ${keyword} is ${sent ?? 'not set'}, only ${taken} is taken`];
  };
  const same = (keyword: string) => {
    const wanted = reader[keyword];
    if (wanted === undefined || JSON.stringify(wanted) === JSON.stringify(writer[keyword])) return [];
    return [`${at}: ${keyword} is ${brief(writer[keyword])}, was to be ${brief(wanted)}`];
  };
  return [
    ...lower.flatMap((keyword) => looser(keyword, (sent, taken) => sent >= taken)),
    ...upper.flatMap((keyword) => looser(keyword, (sent, taken) => sent <= taken)),
    ...['pattern', 'format', 'allOf', 'uniqueItems'].flatMap(same),
  ];
}

function objectRefusals(writer: JsonSchema, reader: JsonSchema, path: string): string[] {
  const inside = (name: string) => (path ? `${path}.${name}` : name);
  const sure = new Set(writer.required);
  const missing = (reader.required ?? [])
    .filter((name) => !sure.has(name))
    .map((name) => `${inside(name)}: may be missing, is required`);
  const rest = reader.additionalProperties;
  const sent = Object.entries(writer.properties ?? {}).flatMap(([name, schema]) => {
    const wanted = reader.properties?.[name];
    if (wanted) return refusals(schema, wanted, inside(name));
    if (rest === false) return [`${inside(name)}: is not known`];
    return typeof rest === 'object' ? refusals(schema, rest, inside(name)) : [];
  });
  const more = writer.additionalProperties;
  const open =
    typeof more === 'object'
      ? rest === false
        ? [`${inside('*')}: is not known`]
        : refusals(more, typeof rest === 'object' ? rest : {}, inside('*'))
      : [];
  const names = reader.propertyNames ? refusals(writer.propertyNames ?? {}, reader.propertyNames, inside('*')) : [];
  return [...missing, ...sent, ...open, ...names];
}

function typeFits(sent: JsonSchema['type'], taken: JsonSchema['type']): boolean {
  if (taken === undefined) return true;
  if (sent === undefined) return false;
  const all = [taken].flat();
  return [sent].flat().every((one) => all.includes(one) || (one === 'integer' && all.includes('number')));
}

function valuesOf(schema: JsonSchema): unknown[] | undefined {
  return 'const' in schema ? [schema.const] : schema.enum;
}

function kindOf(schema: JsonSchema): string {
  return schema.type ? [schema.type].flat().join(' or ') : 'of any type';
}

function list(values: readonly unknown[]): string {
  return values.map((value) => JSON.stringify(value)).join(', ');
}

function brief(value: unknown): string {
  return value === undefined ? 'not set' : JSON.stringify(value);
}
