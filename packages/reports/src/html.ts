/** Text that is HTML already; everything else is escaped when it is put into a page. */
export class Markup {
  readonly html: string;
  constructor(html: string) {
    this.html = html;
  }
}

export type Content = string | number | Markup | undefined | readonly Content[];

/** Builds markup; every value that is not markup is escaped, so it is safe in an element and in a quoted attribute. */
export function html(parts: TemplateStringsArray, ...values: Content[]): Markup {
  return new Markup(parts.map((part, at) => part + rendered(values[at])).join(''));
}

function rendered(value: Content): string {
  if (value === undefined) return '';
  if (value instanceof Markup) return value.html;
  if (typeof value === 'object') return value.map(rendered).join('');
  return String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
