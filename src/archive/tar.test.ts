import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { plainNode } from '../../test/nodes.ts';
import type { Node } from '../vault.ts';
import { aclText } from './acl.ts';
import { type ArchiveEntry, LinkBook } from './entry.ts';
import { headersOf, type TarPart, tarOf } from './tar.ts';

describe('tar', () => {
  it('needs no extended header for what a plain one can say', () => {
    assert.equal(headersOf(entry({ path: 'etc/fstab' })).length, 512);
    assert.equal(headersOf(entry({ path: 'x'.repeat(100) })).length, 512);
  });

  it('says in an extended header what a plain one cannot', () => {
    const cases: [Omit<Partial<ArchiveEntry>, 'node'> & { node?: Partial<Node> }, RegExp][] = [
      [{ path: 'x'.repeat(101) }, /^111 path=x{101}\n/],
      [{ path: Buffer.from('grün').toString('latin1') }, /^\d+ path=gr\xc3\xbcn\n/],
      [{ size: 8 * 2 ** 30 }, /^19 size=8589934592\n/],
      [{ node: { uid: 2_097_152 } }, /^15 uid=2097152\n/],
      [{ node: { mtimeNs: 1_500_000_000n, atimeNs: 1_500_000_000n } }, /^13 mtime=1\.5\n/],
      [{ node: { mtimeNs: -1_500_000_000n, atimeNs: -1_500_000_000n } }, /^14 mtime=-1\.5\n/],
      [{ node: { mtimeNs: 3_000_000_001n, atimeNs: 0n } }, /^11 atime=0\n21 mtime=3\.000000001\n/],
      [{ node: { user: 'u'.repeat(32) } }, /^42 uname=u{32}\n/],
      [
        { node: { extendedAttributes: [{ name: 'user.a=b', value: Buffer.of(0, 255, 10) }] } },
        /^31 SCHILY\.xattr\.user\.a%3Db=\0\xff\n\n/,
      ],
      [{ path: `\xff${'y'.repeat(100)}` }, /^21 hdrcharset=BINARY\n111 path=\xffy{100}\n/],
    ];
    for (const [given, records] of cases) {
      const { node, ...rest } = given;
      const headers = Buffer.from(
        headersOf(entry({ ...rest, ...(node === undefined ? {} : { node: plainNode(node) }) })),
      );
      assert.equal(headers.toString('latin1', 156, 157), 'x');
      assert.match(headers.toString('latin1', 512, headers.length - 512), records);
    }
  });

  it('is read by tar, with owners, types, links and times', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-'));
    const file = join(directory, 'out.tar');
    writeFileSync(file, Buffer.concat(await Array.fromAsync(tarOf(parts()))));
    const { stdout, status } = spawnSync('tar', ['--utc', '--numeric-owner', '-tvf', file], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    });
    rmSync(directory, { recursive: true });
    assert.equal(status, 0);
    assert.deepEqual(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.replace(/ +/g, ' ')),
      [
        'drwxr-sr-x 3000000/7 0 1970-01-01 00:00 d/',
        '-rwsr-xr-x 0/0 600 1970-01-01 00:01 d/file',
        'hrwsr-xr-x 0/0 0 1970-01-01 00:00 d/other link to d/file',
        `lrwxrwxrwx 0/0 0 1970-01-01 00:00 d/link -> ${'t'.repeat(150)}`,
        'brw-r----- 0/0 259,65537 1970-01-01 00:00 d/disk',
        'prw-r--r-- 0/0 0 1970-01-01 00:00 d/fifo',
      ],
    );
  });

  it('refuses content of another length than it has announced', async () => {
    for (const bytes of [9, 11]) {
      const wrong = async function* (): AsyncGenerator<TarPart> {
        yield { kind: 'entry', entry: entry({ size: 10 }) };
        yield { kind: 'content', bytes: new Uint8Array(bytes) };
      };
      await assert.rejects(Array.fromAsync(tarOf(wrong())), { code: 'failed' });
    }
  });
});

describe('access lists', () => {
  it('become text', () => {
    const bytes = Buffer.from(
      '0200000001000600ffffffff02000400d204000004000400ffffffff10000400ffffffff20000000ffffffff',
      'hex',
    );
    assert.equal(aclText(bytes), 'user::rw-,user:1234:r--,group::r--,mask::r--,other::---');
  });

  it('stay bytes when they are none', () => {
    for (const hex of ['', '02', '01000000', '0200000001', '0200000003000600ffffffff'])
      assert.equal(aclText(Buffer.from(hex, 'hex')), undefined);
  });
});

describe('hard links', () => {
  it('are the same file only with the same content', () => {
    const book = new LinkBook();
    const file = plainNode({ links: 2, inode: 9_007_199_254_740_993n, content: ['a' as never] });
    assert.equal(book.firstName(file, 'one'), undefined);
    assert.equal(book.firstName(file, 'two'), 'one');
    assert.equal(book.firstName({ ...file, inode: 9_007_199_254_740_992n }, 'three'), undefined);
    assert.equal(book.firstName({ ...file, content: ['b' as never] }, 'four'), undefined);
    assert.equal(book.firstName({ ...file, links: 1 }, 'five'), undefined);
  });
});

async function* parts(): AsyncGenerator<TarPart> {
  const later = { mtimeNs: 60_500_000_000n, atimeNs: 60_500_000_000n };
  const file = plainNode({ mode: 0x0080_0000 + 0o755, ...later });
  yield {
    kind: 'entry',
    entry: entry({ path: 'd', node: plainNode({ type: 'dir', mode: 0x8040_0000 + 0o755, uid: 3_000_000, gid: 7 }) }),
  };
  yield { kind: 'entry', entry: entry({ path: 'd/file', size: 600, node: file }) };
  yield { kind: 'content', bytes: new Uint8Array(500) };
  yield { kind: 'content', bytes: new Uint8Array(100) };
  yield {
    kind: 'entry',
    entry: entry({ path: 'd/other', linkTo: 'd/file', node: { ...file, mtimeNs: 0n, atimeNs: 0n } }),
  };
  const link = plainNode({ type: 'symlink', mode: 0x0800_0000 + 0o777, linkTarget: 't'.repeat(150) });
  yield { kind: 'entry', entry: entry({ path: 'd/link', node: link }) };
  const disk = plainNode({ type: 'dev', mode: 0x0400_0000 + 0o640, device: 0x1001_0301n });
  yield { kind: 'entry', entry: entry({ path: 'd/disk', node: disk }) };
  yield {
    kind: 'entry',
    entry: entry({ path: 'd/fifo', node: plainNode({ type: 'fifo', mode: 0x0200_0000 + 0o644 }) }),
  };
}

function entry(given: Partial<ArchiveEntry>): ArchiveEntry {
  return { path: 'name', node: plainNode(), linkTo: undefined, size: 0, ...given };
}
