/**
 * What a command says: to people as lines and tables, with `--json` to programs as one object per line. Each method
 * speaks to one of the two and is silent for the other, so that a command calls both and asks nothing.
 */
import { AppError, errnoOf, textOf } from '../base/errors.ts';
import { type Column, layOut } from './columns.ts';
import { type Explanation, errorRecord } from './errors.ts';
import { Progress } from './progress.ts';
import { paint, plain, type Style } from './style.ts';
import { printable } from './text.ts';

/** The part of a Node stream that output needs. */
export interface Sink {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(chunk: string | Uint8Array, written?: (error?: Error | null) => void): boolean;
}

export interface OutputOptions {
  stdout: Sink;
  stderr: Sink;
  /** Colours are allowed where a stream is a terminal. */
  colour: boolean;
  json: boolean;
  quiet: boolean;
  /** 0 and up, as `-v` was given. */
  verbosity: number;
  showsProgress: boolean;
  /** Standard output carries the command's own bytes; JSON lines go to standard error. */
  writesBytes: boolean;
  /** Monotonic milliseconds. */
  elapsedMs(): number;
  /** Called once when standard output takes no more, so that work nobody will see the result of can stop. */
  onLost(error: AppError): void;
}

/** Lines are gathered up to this many characters, or until the event loop turns: a listing costs few system calls. */
const GATHERED_LENGTH_MAX = 32 * 1024;
const COLUMNS_UNKNOWN = 80;

export class Output {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbosity: number;
  /** Problems reported by `warn`. */
  warnings = 0;
  readonly #options: OutputOptions;
  #gathered = '';
  #flushing: NodeJS.Immediate | undefined;
  #progress: Progress | undefined;
  #isDrawn = false;
  #hasEnded = false;
  #lost: AppError | undefined;

  constructor(options: OutputOptions) {
    this.#options = options;
    this.json = options.json;
    this.quiet = options.quiet;
    this.verbosity = options.verbosity;
  }

  /** People: a result, on standard output. May hold line breaks; foreign text in it must have gone through `printable`. */
  line(text = ''): void {
    if (!this.json) this.#gather(`${plain(text, this.#hasColour(this.#options.stdout))}\n`);
  }

  /** People: what was done and what comes next; not with `--quiet`. */
  note(text: string): void {
    if (!this.quiet) this.line(text);
  }

  /** People: only with `-v` (level 1) or `-vv` (level 2). */
  detail(text: string, level = 1): void {
    if (this.verbosity >= level) this.line(text);
  }

  /** People: a table that fits the terminal; off a terminal nothing is cut. */
  table(columns: readonly Column[], rows: readonly (readonly string[])[]): void {
    if (this.json) return;
    const { stdout } = this.#options;
    const safe = rows.map((row) => row.map(printable));
    const [heading, ...lines] = layOut(columns, safe, stdout.isTTY ? (stdout.columns ?? COLUMNS_UNKNOWN) : undefined);
    this.line(this.paint('bold', heading!));
    for (const text of lines) this.line(text);
  }

  /** Colours `text` for `line` where that is wanted. A word or sign beside the colour must say the same. */
  paint(style: Style, text: string): string {
    return this.#hasColour(this.#options.stdout) ? paint(style, text) : text;
  }

  /** Programs: one object. */
  record(messageType: string, fields: Record<string, unknown>): void {
    if (this.json) this.#emit(messageType, fields);
  }

  /** Programs: the last line of a command that finished. Given once. */
  summary(fields: Record<string, unknown>): void {
    this.#hasEnded = true;
    this.record('summary', fields);
  }

  /** A problem that did not stop the command, in one line: to people on standard error, to programs as `warning`. */
  warn(message: string, fields: Record<string, unknown> = {}): void {
    this.warnings++;
    if (this.json) this.#emit('warning', { message, ...fields });
    else this.#toStderr(`${this.#mark('yellow', 'warning:')} ${printable(message)}\n`);
  }

  /** The command's own bytes on standard output; resolves when they are taken, so that the reader sets the pace. */
  async bytes(chunk: string | Uint8Array): Promise<void> {
    this.flush();
    await this.#write(this.#options.stdout, chunk);
    if (this.#lost !== undefined) throw this.#lost;
  }

  /** Starts to show progress, on standard error; ends the one before it. */
  progress(): Progress {
    this.#progress?.end();
    const { stderr, elapsedMs } = this.#options;
    this.#progress = new Progress({
      mode: this.#progressMode(),
      elapsedMs,
      columns: () => stderr.columns || COLUMNS_UNKNOWN,
      draw: (line) => this.#draw(line),
      status: (fields) => this.#emit('status', fields),
    });
    return this.#progress;
  }

  /** The end of a command that failed: message and hint for people, the last line for programs. */
  failure(explanation: Explanation): void {
    this.#progress?.end();
    this.#hasEnded = true;
    if (this.json) this.#emit('error', errorRecord(explanation));
    else this.#toStderr(this.#failureText(explanation));
  }

  /** Ends progress, completes the JSON lines, and resolves when everything is written. @throws when it could not be. */
  async close(): Promise<void> {
    this.#progress?.end();
    if (!this.#hasEnded) this.summary({});
    this.flush();
    await Promise.all([this.#write(this.#options.stdout, ''), this.#write(this.#options.stderr, '')]);
    if (this.#lost !== undefined) throw this.#lost;
  }

  /** Writes out what was gathered. */
  flush(): void {
    clearImmediate(this.#flushing);
    this.#flushing = undefined;
    const text = this.#gathered;
    this.#gathered = '';
    if (text === '') return;
    this.#around(() => void this.#write(this.#jsonSink() ?? this.#options.stdout, text));
  }

  /** Resolves when the chunk is taken or standard output is lost, which `#lost` then holds. */
  #write(sink: Sink, chunk: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      sink.write(chunk, (error) => {
        if (error && sink === this.#options.stdout) this.#lose(error);
        resolve();
      });
    });
  }

  #lose(cause: Error): void {
    if (this.#lost !== undefined) return;
    const detail = `cannot write to standard output (${errnoOf(cause) ?? textOf(cause)})`;
    this.#lost = new AppError(errnoOf(cause) === 'EPIPE' ? 'interrupted' : 'failed', { detail, cause });
    this.#options.onLost(this.#lost);
  }

  #gather(text: string): void {
    this.#gathered += text;
    if (this.#gathered.length >= GATHERED_LENGTH_MAX) this.flush();
    else this.#flushing ??= setImmediate(() => this.flush());
  }

  #emit(messageType: string, fields: Record<string, unknown>): void {
    this.#gather(`${JSON.stringify({ message_type: messageType, ...fields }, exactInteger)}\n`);
  }

  #jsonSink(): Sink | undefined {
    return this.json && this.#options.writesBytes ? this.#options.stderr : undefined;
  }

  #toStderr(text: string): void {
    this.flush();
    this.#around(() => this.#options.stderr.write(text));
  }

  /** Writes with the progress line out of the way. */
  #around(write: () => void): void {
    const wasDrawn = this.#isDrawn;
    if (wasDrawn) this.#draw('');
    write();
    if (wasDrawn) this.#progress?.redraw();
  }

  #draw(line: string): void {
    if (line !== '' || this.#isDrawn) this.#options.stderr.write(`\r${line}\x1b[K`);
    this.#isDrawn = line !== '';
  }

  #progressMode(): 'terminal' | 'json' | 'silent' {
    const { quiet, showsProgress, stderr, json } = this.#options;
    if (quiet || !showsProgress) return 'silent';
    if (json) return 'json';
    return stderr.isTTY ? 'terminal' : 'silent';
  }

  #failureText({ code, message, hint, stack }: Explanation): string {
    const lines = stack === undefined ? [] : stack.split('\n').map(printable);
    // A configuration has all its problems told at once, a line each; nowhere else may a message break its line.
    const shown = code === 'config' ? message.split('\n').map(printable).join('\n  ') : printable(message);
    lines.push(`${this.#mark('red', 'error:')} ${shown}`);
    if (hint !== '') lines.push(`${this.#mark('cyan', 'hint:')} ${printable(hint)}`);
    return `${lines.join('\n')}\n`;
  }

  #mark(style: Style, word: string): string {
    return this.#hasColour(this.#options.stderr) ? paint(style, word) : word;
  }

  #hasColour(sink: Sink): boolean {
    return this.#options.colour && sink.isTTY === true;
  }
}

/** In the language since ECMAScript 2026, not yet in the checker's library. */
const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;

/** Integers above 2^53 (inodes, nanoseconds) stay exact in JSON. */
function exactInteger(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? rawJson(value.toString()) : value;
}
