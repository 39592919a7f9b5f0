import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { treeFiles } from './ha-import-tree.ts';

let outside = '';
let root = '';

beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), 'holdfast-tree-'));
  root = join(outside, 'root');
  mkdirSync(join(root, 'etc/alternatives'), { recursive: true });
  writeFileSync(join(outside, 'secret'), 'of this machine');
  writeFileSync(join(root, 'etc/real.cnf'), 'of the tree');
});
afterEach(() => rmSync(outside, { recursive: true, force: true }));

async function textAt(path: string): Promise<string> {
  const sight = await treeFiles(root).read(path);
  return sight.kind === 'read' ? sight.file.text : sight.kind;
}

describe('a system in a folder', () => {
  it('has links that lead where they would lead there', async () => {
    symlinkSync('/etc/alternatives/my.cnf', join(root, 'etc/my.cnf'));
    symlinkSync('../real.cnf', join(root, 'etc/alternatives/my.cnf'));
    symlinkSync('/etc', join(root, 'conf'));
    assert.equal(await textAt('/etc/my.cnf'), 'of the tree');
    assert.equal(await textAt('/conf/alternatives/../my.cnf'), 'of the tree');
    const listed = await treeFiles(root).list('/conf/');
    assert.deepEqual(listed.kind === 'read' && [...listed.names].toSorted(), ['alternatives', 'my.cnf', 'real.cnf']);
  });

  it('shows nothing of what is outside of it', async () => {
    const links = {
      up: '../../secret',
      far: '../../../../../../../../etc/passwd',
      absolute: join(outside, 'secret'),
      folder: '../..',
      itself: '/etc/itself',
    };
    for (const [name, target] of Object.entries(links)) symlinkSync(target, join(root, 'etc', name));
    for (const name of ['up', 'far', 'absolute', 'folder/secret']) {
      assert.equal(await textAt(`/etc/${name}`), 'absent', name);
      assert.equal(await treeFiles(root).isThere(`/etc/${name}`), false, name);
    }
    assert.equal(await textAt('/../secret'), 'absent');
    assert.deepEqual(await treeFiles(root).list('/etc/folder'), { kind: 'read', names: ['etc'] });
    assert.deepEqual(await treeFiles(root).read('/etc/itself'), {
      kind: 'unreadable',
      why: 'its links lead in a circle',
    });
  });

  it('has files that are no configuration, and is not held up by them', async () => {
    execFileSync('mkfifo', [join(root, 'etc/pipe')]);
    writeFileSync(join(root, 'etc/huge'), '');
    truncateSync(join(root, 'etc/huge'), 5 * 1024 * 1024);
    for (const path of ['/etc/pipe', '/etc/huge', '/etc']) assert.equal(await textAt(path), 'unreadable', path);
    assert.equal(await textAt('/etc/real.cnf/deeper'), 'absent');
    assert.equal((await treeFiles(root).list('/etc/real.cnf')).kind, 'absent');
  });

  it('gives the rights of a file', async () => {
    chmodSync(join(root, 'etc/real.cnf'), 0o640);
    const sight = await treeFiles(root).read('/etc/real.cnf');
    assert.ok(sight.kind === 'read' && sight.file.mode === 0o640 && sight.file.path === '/etc/real.cnf');
  });
});
