import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';

/** One line of a file. `fault` says why its text cannot be trusted; the text is then a best effort or empty. */
export interface Line {
  number: number;
  text: string;
  fault?: string;
}

/** Longer lines are dropped as they stream by. */
const maxLineBytes = 1_048_576;
const bytesToJudge = 65_536;
/** Few enough to die young: with larger groups V8 grows its heap by tens of megabytes. */
const linesTogether = 100;

export class UnreadableFile extends Error {
  override name = 'UnreadableFile';
}

/**
 * The lines of a byte stream as text, in groups as they arrive; memory does not grow with the file. A byte order mark
 * and the ends of lines (LF, CRLF) are dropped. The text is UTF-8, or GB18030 where the first 64 KB say so. A line with
 * bytes that are not valid, and a line longer than 1 MB, carry a fault and hurt no other. Throws UnreadableFile for UTF-16.
 */
export async function* textLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Line[]> {
  let decode: ((line: RawLine) => Line) | undefined;
  const head: RawLine[] = [];
  let headBytes = 0;
  for await (const lines of rawLines(stream)) {
    if (decode) {
      yield lines.map(decode);
      continue;
    }
    for (const line of lines) {
      head.push(line);
      headBytes += line.bytes?.length ?? 0;
    }
    if (headBytes < bytesToJudge) continue;
    decode = decoderFor(head);
    yield head.splice(0).map(decode);
  }
  if (head.length > 0) yield head.map(decoderFor(head));
}

interface RawLine {
  number: number;
  /** Absent when the line was too long to keep. */
  bytes?: Buffer;
}

async function* rawLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<RawLine[]> {
  let number = 0;
  let parts: Buffer[] = [];
  let size = 0;

  function keep(part: Buffer): void {
    size += part.length;
    if (size > maxLineBytes) parts = [];
    else parts.push(part);
  }
  function take(): RawLine {
    number++;
    const whole = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    const line: RawLine = size > maxLineBytes ? { number } : { number, bytes: withoutReturn(whole) };
    parts = [];
    size = 0;
    return line;
  }

  for await (const data of stream) {
    const chunk = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    let lines: RawLine[] = [];
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      keep(chunk.subarray(from, end));
      lines.push(take());
      from = end + 1;
      if (lines.length === linesTogether) {
        yield lines;
        lines = [];
      }
    }
    if (from < chunk.length) keep(chunk.subarray(from));
    if (lines.length > 0) yield lines;
  }
  if (size > 0) yield [take()];
}

function withoutReturn(bytes: Buffer): Buffer {
  return bytes.at(-1) === 13 ? bytes.subarray(0, -1) : bytes;
}

/** A single broken byte must not turn a whole UTF-8 file into another script, so the lines vote. */
function decoderFor(head: readonly RawLine[]): (line: RawLine) => Line {
  const first = head[0]?.bytes;
  if (first && ((first[0] === 0xff && first[1] === 0xfe) || (first[0] === 0xfe && first[1] === 0xff))) {
    throw new UnreadableFile('the file is UTF-16; save it as UTF-8');
  }
  const judged = head.flatMap(({ bytes }) => (bytes?.some((byte) => byte > 127) ? [bytes] : []));
  const utf8 = judged.filter((bytes) => isUtf8(bytes)).length;
  const gb18030 = judged.filter((bytes) => decodeOrNull(strictGb18030, bytes) !== null).length;
  return utf8 < judged.length / 2 && gb18030 > judged.length / 2 ? fromGb18030 : fromUtf8;
}

const strictGb18030 = new TextDecoder('gb18030', { fatal: true });
const looseGb18030 = new TextDecoder('gb18030');

function decodeOrNull(decoder: TextDecoder, bytes: Buffer): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

function fromUtf8({ number, bytes }: RawLine): Line {
  if (!bytes) return tooLong(number);
  const decoded = bytes.toString('utf8');
  const text = number === 1 && decoded.startsWith('\ufeff') ? decoded.slice(1) : decoded;
  return isUtf8(bytes) ? { number, text } : { number, text, fault: 'is not UTF-8' };
}

function fromGb18030({ number, bytes }: RawLine): Line {
  if (!bytes) return tooLong(number);
  const text = decodeOrNull(strictGb18030, bytes);
  return text === null ? { number, text: looseGb18030.decode(bytes), fault: 'is not GB18030' } : { number, text };
}

function tooLong(number: number): Line {
  return { number, text: '', fault: 'is longer than 1 MB' };
}
