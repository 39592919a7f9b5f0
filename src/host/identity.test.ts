import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fixedIdentity, systemIdentity } from './identity.ts';

const idCommand = (...args: string[]) => execFileSync('id', args, { encoding: 'utf8' }).trim();

test('the machine and its user as other programs see them', () => {
  const identity = systemIdentity();
  assert.equal(identity.hostname, execFileSync('uname', ['-n'], { encoding: 'utf8' }).trim());
  assert.equal(String(identity.uid), idCommand('-ru'));
  assert.equal(String(identity.gid), idCommand('-rg'));
  assert.equal(identity.username, idCommand('-run'));
  assert.equal(identity.groupName(identity.gid), idCommand('-rgn'));
});

test('names of users and groups, empty for numbers without an entry', () => {
  const identity = systemIdentity();
  for (let round = 0; round < 2; round++) {
    assert.equal(identity.userName(0), 'root');
    assert.equal(identity.groupName(0), 'root');
    assert.equal(identity.userName(1), idCommand('-un', '1'));
    assert.equal(identity.userName(3_999_999_999), '');
    assert.equal(identity.groupName(3_999_999_999), '');
  }
});

test('a process is alive until it has ended', async () => {
  const { isProcessAlive } = systemIdentity();
  const child = spawn('sleep', ['60']);
  assert.equal(isProcessAlive(child.pid!), true);
  child.kill();
  await once(child, 'exit');
  assert.equal(isProcessAlive(child.pid!), false);
  assert.equal(isProcessAlive(1), true);
  for (const pid of [0, -1, 1.5, Number.NaN]) assert.equal(isProcessAlive(pid), false);
});

test('a made-up identity is what it is given', () => {
  const identity = fixedIdentity({ hostname: 'head', userName: (uid) => `user${uid}` });
  assert.equal(identity.hostname, 'head');
  assert.equal(identity.userName(3), 'user3');
  assert.equal(identity.isProcessAlive(1), false);
  assert.equal(systemIdentity().pid, process.pid);
});
