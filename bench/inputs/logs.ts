/** Log files as servers write them: a web server's, a system's, and one of JSON lines. */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { numbersOf } from './noise.ts';
import { wordsOf } from './words.ts';

const FILE_BYTES_MAX = 64 * 2 ** 20;
const PART_BYTES = 2 ** 20;
const BEGIN_MS = Date.UTC(2026, 0, 5);
const METHODS = ['GET', 'GET', 'GET', 'GET', 'POST', 'HEAD'];
const STATUSES = [200, 200, 200, 200, 304, 404, 500];
const UNITS = ['sshd', 'kernel', 'systemd', 'slurmd', 'munged', 'lnetd', 'cron'];
const LEVELS = ['debug', 'info', 'info', 'info', 'warn', 'error'];

type Line = (timeMs: number) => string;

/** Fills `folder` with log files of `bytes` in all. */
export function writeLogs(folder: string, bytes: number, seed: string): void {
  mkdirSync(folder, { recursive: true });
  const kinds = Object.entries(lineKinds(seed));
  const fileBytes = Math.min(FILE_BYTES_MAX, Math.ceil(bytes / kinds.length));
  for (let left = bytes, file = 0; left > 0; left -= fileBytes, file++) {
    const [name, line] = kinds[file % kinds.length]!;
    writeLog(join(folder, `${name}.log.${file}`), Math.min(left, fileBytes), line);
  }
}

function writeLog(path: string, bytes: number, line: Line): void {
  const fd = openSync(path, 'w');
  let timeMs = BEGIN_MS;
  for (let left = bytes; left > 0; ) {
    let part = '';
    while (part.length < PART_BYTES && part.length < left) {
      timeMs += part.length % 1700;
      part += line(timeMs);
    }
    left -= writeSync(fd, part.slice(0, left));
  }
  closeSync(fd);
}

function lineKinds(seed: string): Record<string, Line> {
  const number = numbersOf(seed);
  const word = wordsOf(seed);
  const one = <Value>(values: readonly Value[]): Value => values[number(values.length)]!;
  const address = (): string => `10.${number(4)}.${number(256)}.${number(256)}`;
  const stamp = (timeMs: number): string => new Date(timeMs).toISOString();
  return {
    access: (timeMs) =>
      `${address()} - - [${stamp(timeMs)}] "${one(METHODS)} /${word()}/${word()}?id=${number(100_000)} HTTP/1.1" ` +
      `${one(STATUSES)} ${number(60_000)} "-" "Mozilla/5.0 (X11; Linux x86_64) ${word()}/${number(120)}.0"\n`,
    messages: (timeMs) =>
      `${stamp(timeMs)} node${number(512)} ${one(UNITS)}[${number(32_768)}]: ${word()} ${word()} from ${address()} ` +
      `port ${number(65_536)}: ${word()} ${word()} ${word()}\n`,
    events: (timeMs) =>
      `${JSON.stringify({ time: stamp(timeMs), level: one(LEVELS), host: `node${number(512)}`, pid: number(32_768), message: `${word()} ${word()}`, took_ms: number(9000), trace: number(2 ** 32).toString(16) })}\n`,
  };
}
