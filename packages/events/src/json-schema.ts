import * as z from 'zod';

export interface JsonSchema {
  [keyword: string]: unknown;
  type?: string | string[];
  description?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  propertyNames?: JsonSchema;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  enum?: unknown[];
  const?: unknown;
}

/**
 * A schema as others read it: JSON Schema draft-07. `input` is what may be sent (defaults are optional), `output` what is
 * published (defaults are filled in; more fields may be added later, so none is forbidden).
 *
 * Personal fields carry `x-heard-personal`. Patterns are left out where a format says the same, and are written without
 * Unicode classes, which not every language's regular expressions know.
 */
export function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  return z.toJSONSchema(schema, {
    target: 'draft-7',
    io,
    override: ({ zodSchema, jsonSchema }) => {
      const json = jsonSchema as JsonSchema;
      const { def } = zodSchema._zod;
      if (io === 'output' && def.type === 'object' && !def.catchall) delete json.additionalProperties;
      if (json.personal) {
        delete json.personal;
        json['x-heard-personal'] = true;
      }
      if (json.format) delete json.pattern;
      if (typeof json.pattern === 'string') json.pattern = portable(json.pattern);
    },
  }) as JsonSchema;
}

/** UTF-8 cannot hold half a surrogate pair, so \p{Cs} has nothing to say outside the program. */
function portable(pattern: string): string {
  return pattern.replace('\\p{Cc}\\p{Cs}', '\\u0000-\\u001f\\u007f-\\u009f');
}
