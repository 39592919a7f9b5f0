/** Asks on the terminal: for a line, and for a secret without showing it. */
import { AppError } from '../base/errors.ts';
import type { Sink } from './output.ts';
import { fit, printable, widthOf } from './text.ts';

/** The part of a Node terminal that prompting needs. */
export interface Keyboard {
  readonly isTTY?: boolean | undefined;
  setRawMode(raw: boolean): unknown;
  on(event: 'data', listener: (bytes: Buffer) => void): unknown;
  off(event: 'data', listener: (bytes: Buffer) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

export interface Terminal {
  keyboard: Keyboard;
  screen: Sink;
  signal: AbortSignal;
}

/** A line has at most this many bytes; what comes beyond is a file pasted by mistake. */
const LINE_LENGTH_MAX = 4096;

/**
 * Reads one line without echo. Backspace and Ctrl-U correct; Ctrl-C and Ctrl-D give up.
 * @throws {AppError} `interrupted`
 */
export function askSecret(question: string, terminal: Terminal): Promise<string> {
  return ask(question, terminal, () => {});
}

const COLUMNS_UNKNOWN = 80;

/** As `askSecret`, with echo; of a line that is too long its end is shown. @throws {AppError} `interrupted` */
export function askLine(question: string, terminal: Terminal): Promise<string> {
  const { screen } = terminal;
  const room = Math.max(8, (screen.columns || COLUMNS_UNKNOWN) - widthOf(question) - 1);
  return ask(question, terminal, (text) => {
    screen.write(`\r${question}${fit(printable(text), room, 'end')}\x1b[K`);
  });
}

async function ask(
  question: string,
  { keyboard, screen, signal }: Terminal,
  onChange: (text: string) => void,
): Promise<string> {
  signal.throwIfAborted();
  screen.write(question);
  keyboard.setRawMode(true);
  try {
    return await readLine(keyboard, signal, onChange);
  } finally {
    keyboard.setRawMode(false);
    keyboard.pause();
    screen.write('\n');
  }
}

function readLine(keyboard: Keyboard, signal: AbortSignal, onChange: (text: string) => void): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const bytes: number[] = [];
  const take = (chunk: Buffer): void => {
    for (const byte of chunk) {
      const verdict = press(byte, bytes);
      if (verdict === 'done') {
        onChange(Buffer.from(bytes).toString('utf8'));
        resolve(Buffer.from(bytes).toString('utf8'));
      }
      if (verdict === 'given-up') reject(new AppError('interrupted'));
      if (verdict !== undefined) return;
    }
    onChange(Buffer.from(bytes).toString('utf8'));
  };
  const stop = (): void => reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  keyboard.on('data', take);
  keyboard.resume();
  return promise.finally(() => {
    keyboard.off('data', take);
    signal.removeEventListener('abort', stop);
  });
}

const ENTER = [0x0a, 0x0d];
const GIVE_UP = [0x03, 0x04];
const BACKSPACE = [0x08, 0x7f];
const CTRL_U = 0x15;

/** What one byte of the keyboard does to the line so far. */
function press(byte: number, bytes: number[]): 'done' | 'given-up' | undefined {
  if (ENTER.includes(byte)) return 'done';
  if (GIVE_UP.includes(byte)) return 'given-up';
  if (BACKSPACE.includes(byte)) dropCharacter(bytes);
  else if (byte === CTRL_U) bytes.length = 0;
  else if (bytes.length < LINE_LENGTH_MAX) bytes.push(byte);
  return undefined;
}

/** Drops the last character: the continuation bytes of UTF-8 (10xxxxxx) and the byte they follow. */
function dropCharacter(bytes: number[]): void {
  while (((bytes.pop() ?? 0) & 0xc0) === 0x80);
}
