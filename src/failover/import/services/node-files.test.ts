import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { describePeer } from '../../../../test/peers.ts';
import { AppError } from '../../../base/errors.ts';
import { type Processes, systemProcesses } from '../../../host.ts';
import { nodeFiles } from './node-files.ts';
import { readServices } from './read.ts';

describe('the files of a running system', () => {
  const signal = new AbortController().signal;

  it('are read with their rights, listed, and told from those that are not there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-services-'));
    try {
      const files = nodeFiles({ name: 'here', processes: systemProcesses }, signal);
      writeFileSync(join(folder, "it's"), 'ünïcode\n\n');
      chmodSync(join(folder, "it's"), 0o640);
      symlinkSync('nowhere', join(folder, '.hidden'));
      mkdirSync(join(folder, 'empty'));
      const sight = await files.read(join(folder, "it's"));
      assert.ok(sight.kind === 'read' && sight.file.text === 'ünïcode\n\n' && sight.file.mode === 0o640);
      assert.deepEqual(await files.read(join(folder, 'none')), { kind: 'absent' });
      assert.equal((await files.read(join(folder, 'empty'))).kind, 'unreadable');
      const listed = await files.list(folder);
      assert.deepEqual(listed.kind === 'read' && [...listed.names].toSorted(), ['.hidden', 'empty', "it's"]);
      assert.deepEqual(await files.list(join(folder, 'empty')), { kind: 'read', names: [] });
      assert.deepEqual(await files.list(join(folder, 'none')), { kind: 'absent' });
      assert.deepEqual([await files.isThere(folder), await files.isThere(join(folder, 'none'))], [true, false]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('are not taken for absent when the host goes away', async () => {
    const gone = new AppError('host-unreachable', { detail: 'oss01: timed out' });
    const processes: Processes = {
      run: async () => Promise.reject(gone),
      stream: () => assert.fail('nothing is streamed'),
    };
    await assert.rejects(readServices(['mysqld'], [nodeFiles({ name: 'oss01', processes }, signal)]), gone);
  });
});

describePeer('the files of a running system, without rights', ['root'], () => {
  it('are told as that', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-services-'));
    try {
      chmodSync(folder, 0o755);
      mkdirSync(join(folder, 'closed'), { mode: 0o700 });
      const nobody: Processes = {
        ...systemProcesses,
        run: (command, args, options) =>
          systemProcesses.run(
            'setpriv',
            ['--reuid=65534', '--regid=65534', '--clear-groups', command, ...args],
            options,
          ),
      };
      const files = nodeFiles({ name: 'here', processes: nobody }, new AbortController().signal);
      assert.equal((await files.read(join(folder, 'closed/x'))).kind, 'unreadable');
      assert.equal((await files.list(join(folder, 'closed'))).kind, 'unreadable');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
