import { type Line, textLines } from './lines.ts';

/** One row of a CSV file: its cells, or what is wrong with it. `line` is where it starts, from 1. */
export type Row = { line: number; cells: string[]; problem?: undefined } | { line: number; problem: RowProblem };

export interface RowProblem {
  /** The cell at fault, from 0; absent when it is the whole line. */
  cell?: number;
  message: string;
}

const maxCellLength = 100_000;

/**
 * The rows of a CSV file (RFC 4180), the header first, in groups as they arrive. Blank lines are skipped; a quote within
 * an unquoted cell is a character like any other; a quoted cell may span lines.
 *
 * A row that cannot be read costs one line only: reading goes on with the next line, so a lost quote swallows nothing.
 * That is why this is not csv-parse (which the tests compare it with): after a lost quote a parser of a plain stream has
 * nothing to go back to.
 */
export async function* csvRows(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Row[]> {
  const rows = new RowReader();
  for await (const lines of textLines(stream)) yield rows.read(lines);
  yield rows.end();
}

/** Turns lines into rows and keeps the lines of a row that is still open, for the day it turns out to be broken. */
class RowReader {
  #held: Line[] = [];
  #cells: string[] = [];
  #open: string | undefined;
  /** The cell that spans lines. */
  #spanning: number | undefined;
  #fault: string | undefined;
  #width: number | undefined;

  read(lines: readonly Line[]): Row[] {
    const rows: Row[] = [];
    // Lines to be read again, last first, then the new ones.
    const again: Line[] = [];
    for (let at = 0; again.length > 0 || at < lines.length; ) {
      const row = this.#take(again.pop() ?? lines[at++]!, again);
      if (row) rows.push(row);
    }
    return rows;
  }

  /** What is still open when the file ends was opened by a quote nobody closed. */
  end(): Row[] {
    const rows: Row[] = [];
    while (this.#held.length > 0) {
      const again: Line[] = [];
      rows.push(this.#giveUp('its quote is never closed', again));
      rows.push(...this.read(again.reverse()));
    }
    return rows;
  }

  #take(line: Line, again: Line[]): Row | undefined {
    if (this.#held.length === 0 && line.fault === undefined && line.text.trim() === '') return;
    this.#held.push(line);
    this.#fault ??= line.fault;
    const state = this.#scan(line.text);
    if (state === 'bad') return this.#giveUp('text follows its closing quote, or its quote is never closed', again);
    if (state === 'open') {
      if (this.#open!.length <= maxCellLength) return;
      return this.#giveUp('is longer than 100,000 characters, or its quote is never closed', again);
    }
    if (this.#swallowsRows()) return this.#giveUp('its quote is never closed', again);
    return this.#finish();
  }

  /** Reads one line from where the row stands: into the open quote, or from the first cell. */
  #scan(text: string): 'done' | 'open' | 'bad' {
    let at = 0;
    for (;;) {
      if (this.#open === undefined && text[at] !== '"') {
        const comma = text.indexOf(',', at);
        this.#cells.push(comma < 0 ? text.slice(at) : text.slice(at, comma));
        if (comma < 0) return 'done';
        at = comma + 1;
        continue;
      }
      if (this.#open === undefined) {
        this.#open = '';
        at++;
      }
      for (;;) {
        const quote = text.indexOf('"', at);
        if (quote < 0) {
          this.#open += `${text.slice(at)}\n`;
          this.#spanning ??= this.#cells.length;
          return 'open';
        }
        this.#open += text.slice(at, quote);
        at = quote + 1;
        if (text[at] !== '"') break;
        this.#open += '"';
        at++;
      }
      this.#cells.push(this.#open);
      this.#open = undefined;
      if (at === text.length) return 'done';
      if (text[at] !== ',') return 'bad';
      at++;
    }
  }

  /** A lost quote can be closed by another lost one: then the lines between are whole rows, not parts of a cell. */
  #swallowsRows(): boolean {
    const between = this.#held.slice(1, -1);
    const isRow = ({ text }: Line) => !text.includes('"') && text.split(',').length === this.#width;
    return between.length > 0 && this.#width! > 1 && between.every(isRow);
  }

  #finish(): Row {
    const line = this.#held[0]!.number;
    const cells = this.#cells;
    const problem = this.#problemOf(cells);
    this.#reset();
    return problem ? { line, problem } : { line, cells };
  }

  #problemOf(cells: readonly string[]): RowProblem | undefined {
    if (this.#fault !== undefined) return { message: this.#fault };
    this.#width ??= cells.length;
    if (cells.length !== this.#width) {
      return { message: `has ${cells.length} cells where the header has ${this.#width}` };
    }
    const cell = cells.findIndex((text) => text.length > maxCellLength);
    return cell < 0 ? undefined : { cell, message: 'is longer than 100,000 characters' };
  }

  #giveUp(message: string, again: Line[]): Row {
    const [first, ...rest] = this.#held;
    const cell = this.#spanning ?? this.#cells.length - 1;
    const fault = this.#held.length === 1 ? this.#fault : undefined;
    this.#reset();
    again.push(...rest.reverse());
    return { line: first!.number, problem: fault === undefined ? { cell, message } : { message: fault } };
  }

  #reset(): void {
    this.#held = [];
    this.#cells = [];
    this.#open = undefined;
    this.#spanning = undefined;
    this.#fault = undefined;
  }
}
