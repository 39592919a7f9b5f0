/** A killed `shelf examine`: its query ends with it, and what it left goes with the next one. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { freshRoot, makeArchive } from '../shelf/dayabay.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const QUERY = new URL('../../src/shelf/query-worker.ts', import.meta.url).pathname;
const ENDLESS = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';

type Context = Parameters<typeof freshRoot>[0];

/** A shelf with a database in it, and what calls the program there, with a place of its own for temporary folders. */
async function makeWorld(context: Context) {
  const root = await freshRoot(context);
  const at = (name: string): string => join(root, name);
  for (const folder of ['work', 'shelf', 'scratch']) await mkdir(at(folder));
  const database = new DatabaseSync(at('work/trac.db'));
  database.exec('CREATE TABLE t (a)');
  database.close();
  const content = execFileSync('tar', ['-cz', '-C', at('work'), 'trac.db']);
  await makeArchive(at('shelf'), 'tracs/dybsvn/2013/05/19/104702/dybsvn.tar.gz', { content });
  const shelves = { dayabay: { root: at('shelf'), items: [{ category: 'tracs', name: 'dybsvn' }] } };
  await writeFile(at('holdfast.yaml'), JSON.stringify({ shelves }));
  const examine = (sql: string) =>
    spawn(process.execPath, [MAIN, '-c', at('holdfast.yaml'), 'shelf', 'examine', '--sql', sql], {
      env: { PATH: process.env['PATH'], TMPDIR: at('scratch') },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  return { at, examine };
}

/** Numbers of the queries that this process began, or that are left of it. */
function queriesOf(parent: number): number[] {
  return numbers().filter((pid) => {
    const stat = textAt(`/proc/${pid}/stat`);
    const isChild = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
    return isChild && textAt(`/proc/${pid}/cmdline`).includes('query-worker');
  });
}

function numbers(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0);
}

/** Ended ones are no more there, or have no memory left to tell of. */
const isRunning = (pid: number): boolean => textAt(`/proc/${pid}/cmdline`) !== '';

function textAt(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

async function until(isTrue: () => boolean, what: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (isTrue()) return;
    await wait(50);
  }
  assert.fail(`not in half a minute: ${what}`);
}

test('the query of a killed examination ends, and the next one removes what it left', async (context) => {
  const { at, examine } = await makeWorld(context);
  const killed = examine(ENDLESS);
  await until(() => queriesOf(killed.pid!).length === 1, 'the query begins');
  const [query] = queriesOf(killed.pid!);
  // Until it works on the database nobody could say that a busy one ends.
  await until(() => ticksOf(query!) > 100, 'the query is busy');
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  await until(() => !isRunning(query!), 'the query ends');
  assert.equal(readdirSync(at('scratch')).length, 1);
  // Of others, and still under way: left alone.
  await mkdir(at('scratch/holdfast-examine-other'), { mode: 0o755 });
  const running = examine(ENDLESS);
  context.after(async () => void running.kill('SIGKILL'));
  await until(() => queriesOf(running.pid!).length === 1, 'the second query begins');
  const [status] = (await once(examine('SELECT 1'), 'exit')) as [number];
  assert.equal(status, 0);
  const left = readdirSync(at('scratch')).map((name) => name.split(':')[0]);
  assert.deepEqual(left.sort(), [`holdfast-examine-${running.pid}`, 'holdfast-examine-other'].sort());
});

test('a query that nobody stops ends itself at its time limit', async (context) => {
  const { at } = await makeWorld(context);
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', QUERY], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const request = { file: at('work/trac.db'), sql: ENDLESS, rowsMax: 1, parent: process.pid, timeLimitMs: 1500 };
  child.stdin.end(JSON.stringify(request));
  const ended = await once(child, 'exit');
  assert.deepEqual(ended, [null, 'SIGKILL']);
});

/** Time on the processor, in hundredths of a second. */
function ticksOf(pid: number): number {
  const stat = textAt(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[14 - 3]) + Number(fields[15 - 3]);
}
