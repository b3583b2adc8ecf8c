import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { NotYet } from '@heard/bus/rejection';

/** No browser is installed that could print. */
export class NoBrowser extends Error {
  override name = 'NoBrowser';
}

const names = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  'msedge',
  'microsoft-edge',
];
const bundles = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
];
const timeoutMs = 45_000;
const mostWaiting = 5;

/** Prints HTML to PDF with the machine's browser, one page at a time. */
export class Browser {
  readonly #configured: string;
  readonly #path: string;
  #before: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #running: ChildProcess | undefined;
  #closed = false;

  /** `configured`: the program; without it, the first one of the usual names on `path`. */
  constructor(configured: string, path: string) {
    this.#configured = configured;
    this.#path = path;
  }

  /** What would print; undefined where nothing is installed that could. */
  get program(): string | undefined {
    const places = this.#path.split(delimiter).filter(Boolean);
    const candidates = this.#configured
      ? [this.#configured, ...places.map((place) => join(place, this.#configured))]
      : [...names.flatMap((name) => places.map((place) => join(place, name))), ...bundles];
    return candidates.find((file) => isProgram(file));
  }

  /** Throws NoBrowser, or NotYet while too many wait. */
  async pdf(html: string): Promise<Buffer> {
    const program = this.program;
    if (!program) {
      throw new NoBrowser(
        'A PDF needs Chromium, Chrome or Edge on the machine of this service, or CHROMIUM naming one.',
      );
    }
    if (this.#waiting >= mostWaiting) throw new NotYet('too many files are being printed');
    this.#waiting++;
    const printed = this.#before.then(() => this.#print(program, html));
    this.#before = printed.catch(() => {}).finally(() => this.#waiting--);
    return printed;
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#running) end(this.#running);
    await this.#before;
  }

  async #print(program: string, html: string): Promise<Buffer> {
    if (this.#closed) throw new NotYet('the service is closing');
    const folder = await mkdtemp(join(tmpdir(), 'heard-report-'));
    try {
      await writeFile(join(folder, 'report.html'), html);
      await this.#run(program, folder);
      return await readFile(join(folder, 'report.pdf'));
    } catch (error) {
      throw new Error('printing a report failed', { cause: error });
    } finally {
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    }
  }

  #run(program: string, folder: string): Promise<void> {
    // A group of its own, so that the processes a browser starts end with it.
    const child = spawn(program, switches(folder), { detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
    this.#running = child;
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said = `${said}${chunk}`.slice(-2000);
    });
    const timer = setTimeout(() => end(child), timeoutMs);
    return new Promise<void>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => {
        if (code === 0) resolve();
        else reject(new Error(`the browser ended with ${signal ?? code}: ${said}`));
      });
    }).finally(() => {
      clearTimeout(timer);
      this.#running = undefined;
    });
  }
}

function switches(folder: string): string[] {
  return [
    '--headless',
    '--no-pdf-header-footer',
    `--print-to-pdf=${join(folder, 'report.pdf')}`,
    `--user-data-dir=${join(folder, 'profile')}`,
    '--disable-gpu',
    '--disable-extensions',
    '--disable-background-networking',
    '--disable-dev-shm-usage',
    '--no-first-run',
    '--host-resolver-rules=MAP * ~NOTFOUND',
    // A browser refuses its sandbox to root; in the image nobody is.
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    pathToFileURL(join(folder, 'report.html')).href,
  ];
}

function end(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, 'SIGKILL');
  } catch {
    child.kill('SIGKILL'); // it ended already, or has no group of its own here
  }
}

function isProgram(file: string): boolean {
  if (!file.includes('/') && !file.includes('\\')) return false;
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
