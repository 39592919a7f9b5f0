import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { isProcessAlive, processIdentity } from './process-identity.ts';

const MODULE = new URL('./process-identity.ts', import.meta.url);

test('this process is alive, always under the same name', () => {
  const identity = processIdentity();
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  assert.match(identity, new RegExp(`^${process.pid}:\\d+:${boot}@[0-9a-f]{16}$`));
  assert.equal(processIdentity(), identity);
  assert.equal(isProcessAlive(identity), true);
});

test('the start is the one that ps(1) sees', () => {
  const ticks = Number(processIdentity().split(':')[1]);
  const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  const [upSeconds] = readFileSync('/proc/uptime', 'utf8').split(' ').map(Number);
  const ageSeconds = upSeconds! - ticks / ticksPerSecond;
  assert.ok(Math.abs(ageSeconds - process.uptime()) < 2, `${ageSeconds} s, but ${process.uptime()} s`);
});

test('another process is alive until it is killed', async (t) => {
  const child = spawnIdentified(t);
  const identity = await identityOf(child);
  assert.ok(identity.startsWith(`${child.pid}:`));
  assert.equal(isProcessAlive(identity), true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(isProcessAlive(identity), false);
});

test('a zombie is not alive', async (t) => {
  // The shell never asks after its child, as it becomes a program that knows of none.
  const script = `"$0" -e "$1" & exec sleep 60`;
  const parent = spawn('sh', ['-c', script, process.execPath, printing('')], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => parent.kill('SIGKILL'));
  const identity = await identityOf(parent);
  const pid = identity.split(':')[0];
  while (!/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'))) await wait(5);
  assert.equal(isProcessAlive(identity), false);
});

test('a name of any characters does not hide the state', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const program = join(folder, 'a) Z 1 (b');
  copyFileSync('/bin/sleep', program);
  const child = spawn(program, ['60']);
  t.after(() => child.kill('SIGKILL'));
  await once(child, 'spawn');
  const fieldsAfterName = () => / \(a\) Z 1 \(b\) (.*)/.exec(readFileSync(`/proc/${child.pid}/stat`, 'latin1'))?.[1];
  while (fieldsAfterName() === undefined) await wait(5);
  const start = fieldsAfterName()!.split(' ')[19];
  const [, , boot] = processIdentity().split(':');
  assert.equal(isProcessAlive(`${child.pid}:${start}:${boot}`), true);
  assert.equal(isProcessAlive(`${child.pid}:${Number(start) + 1}:${boot}`), false);
});

test('a number used again, or another boot, is another process', () => {
  const [pid, start, rest] = processIdentity().split(':') as [string, string, string];
  assert.equal(isProcessAlive(`${pid}:${Number(start) + 1}:${rest}`), false);
  assert.equal(isProcessAlive(`1:${start}:${rest}`), false);
  const boot = '00000000-0000-4000-8000-000000000000';
  assert.equal(isProcessAlive(`${pid}:${start}:${boot}@${rest.split('@')[1]}`), false);
});

test('nothing is known of another machine, so its processes count as alive', () => {
  const identity = processIdentity().replace(/@.*/, '@another.example');
  assert.equal(isProcessAlive(identity), true);
  assert.equal(isProcessAlive(identity.replace(/^\d+/, '999999999')), true);
});

test('what is no identity is no process', () => {
  for (const text of ['', 'p1', '1', '1:2:3@host', `-1:2:${'0'.repeat(36)}@host`])
    assert.equal(isProcessAlive(text), false, text);
});

/** A program that prints its identity and then does `rest`. */
function printing(rest: string): string {
  return `import(${JSON.stringify(MODULE.href)}).then((m) => { console.log(m.processIdentity()); ${rest} })`;
}

function spawnIdentified(t: TestContext): ChildProcess {
  const child = spawn(process.execPath, ['-e', printing('setInterval(() => {}, 1000)')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

async function identityOf(child: ChildProcess): Promise<string> {
  const [line] = await once(child.stdout!, 'data');
  return String(line).trim();
}
