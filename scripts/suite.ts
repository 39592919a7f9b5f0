/**
 * Runs test files, two at a time and beside them one that mostly waits, each in a process group of its own that is killed
 * when its time is over. (The time limit of Node's own runner waits for ever for a file that leaves a timer or a child
 * behind.)
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import type { Ended } from './test-events.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const REPORTER = new URL('./test-events.ts', import.meta.url).href;
/** The machines this must run on have two cores. */
const FILES_AT_A_TIME = 2;
/** Clusters wait for mounts, fencing and elections most of the time: one of these files runs beside the others. */
const WAITING = /^test\/lab\//;
/** Bytes of a failing file's own output that are shown. */
const OUTPUT_BYTES_MAX = 20_000;

export interface FileOutcome {
  file: string;
  ended: Ended[];
  /** Set when the file as a whole went wrong: not loaded, timed out, or without any test. */
  trouble: string | undefined;
}

/** @returns what became of each file, in the order they ended; prints a line for each, and failures in full. */
export async function runFiles(files: string[], fileTimeoutMs: number): Promise<FileOutcome[]> {
  const { busy = [], idle = [] } = Object.groupBy(files, (file) => (WAITING.test(file) ? 'idle' : 'busy'));
  const outcomes: FileOutcome[] = [];
  const running = new Set<ChildProcess>();
  const stop = () => {
    for (const child of running) killGroup(child);
    process.exit(130);
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const lane = async (next: () => string | undefined) => {
    for (let file = next(); file !== undefined; file = next())
      outcomes.push(await runFile(file, fileTimeoutMs, running));
  };
  const any = () => busy.shift() ?? idle.shift();
  await Promise.all([lane(() => idle.shift()), ...Array.from({ length: FILES_AT_A_TIME }, () => lane(any))]);
  process.off('SIGINT', stop).off('SIGTERM', stop);
  return outcomes;
}

async function runFile(file: string, timeoutMs: number, running: Set<ChildProcess>): Promise<FileOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
  const events = join(folder, 'events');
  const begin = performance.now();
  try {
    const args = [`--test-reporter=${REPORTER}`, `--test-reporter-destination=${events}`, '--enable-source-maps', file];
    const child = spawn(process.execPath, args, { cwd: ROOT, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    const { status, output, late } = await waitFor(child, timeoutMs);
    running.delete(child);
    const ended = readEvents(events);
    const outcome = { file, ended, trouble: troubleOf({ ended, status, late, timeoutMs }) };
    printFile(outcome, { output, seconds: (performance.now() - begin) / 1000 });
    return outcome;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function waitFor(
  child: ChildProcess,
  timeoutMs: number,
): Promise<{ status: number | null; output: string; late: boolean }> {
  let output = '';
  let late = false;
  const keep = (bytes: Buffer) => {
    output = (output + bytes.toString()).slice(-OUTPUT_BYTES_MAX);
  };
  child.stdout!.on('data', keep);
  child.stderr!.on('data', keep);
  const timer = setTimeout(() => {
    late = true;
    killGroup(child);
  }, timeoutMs);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  clearTimeout(timer);
  // What a test has started and left behind must not live on into the next file's time.
  killGroup(child);
  return { status, output, late };
}

/** The group is gone when nobody is left in it. */
function killGroup(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function readEvents(path: string): Ended[] {
  const lines = readFileSync(path, { encoding: 'utf8', flag: 'a+' }).split('\n');
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Ended);
}

function troubleOf(seen: {
  ended: Ended[];
  status: number | null;
  late: boolean;
  timeoutMs: number;
}): string | undefined {
  if (seen.late) return `did not end within ${seen.timeoutMs / 1000} s`;
  if (seen.status !== 0 && !seen.ended.some(({ result }) => result === 'fail'))
    return `ended with status ${seen.status} and no failing test`;
  return seen.ended.some(({ suite }) => !suite) ? undefined : 'has no tests';
}

function printFile(
  { file, ended, trouble }: FileOutcome,
  { output, seconds }: { output: string; seconds: number },
): void {
  const failed = ended.filter(({ suite, result }) => !suite && result === 'fail');
  const isGood = trouble === undefined && failed.length === 0;
  const tests = ended.filter(({ suite }) => !suite).length;
  const skipped = ended.filter(({ result }) => result === 'skipped').length;
  const mark = isGood ? styleText('green', '✔') : styleText('red', '✖');
  const notes = `${tests} tests${skipped > 0 ? `, ${skipped} skipped` : ''}, ${seconds.toFixed(1)} s`;
  process.stdout.write(`${mark} ${file} (${notes})\n`);
  if (isGood) return;
  if (trouble !== undefined) process.stdout.write(`    ${trouble}\n`);
  for (const { name, text } of failed) process.stdout.write(indent(`${styleText('red', '✖')} ${name}\n${text}\n`));
  if (output !== '') process.stdout.write(indent(`output:\n${output}\n`));
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '    ');
}
