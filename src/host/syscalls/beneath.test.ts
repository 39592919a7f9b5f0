import assert from 'node:assert/strict';
import {
  constants,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openBeneath, openBeneathByName } from './beneath.ts';
import { closeFd, openDirectory } from './directory.ts';
import { CWD } from './libc.ts';

const outside = mkdtempSync(join(tmpdir(), 'holdfast-'));
const root = join(outside, 'root');
const READ = { flags: constants.O_RDONLY };
let at = -1;
before(() => {
  mkdirSync(join(root, 'a/b'), { recursive: true });
  writeFileSync(join(outside, 'secret'), 'secret');
  writeFileSync(join(root, 'a/b/file'), 'inside');
  symlinkSync('../..', join(root, 'a/up'));
  symlinkSync(outside, join(root, 'out'));
  symlinkSync('file', join(root, 'a/b/near'));
  at = openDirectory(CWD, root);
});
after(() => {
  closeFd(at);
  rmSync(outside, { recursive: true });
});

for (const [way, open] of Object.entries({ openBeneath, openBeneathByName })) {
  test(`${way} opens what lies beneath`, () => {
    for (const path of ['a/b/file', './a//b/./file']) {
      const fd = open(at, path, READ);
      assert.equal(readFileSync(fd, 'utf8'), 'inside');
      closeFd(fd);
    }
    closeFd(open(at, '.', { flags: constants.O_RDONLY | constants.O_DIRECTORY }));
  });

  test(`${way} creates a file beneath`, () => {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
    closeFd(open(at, `a/b/${way}`, { flags, mode: 0o600 }));
    assert.equal(readFileSync(join(root, 'a/b', way), 'utf8'), '');
  });

  test(`${way} refuses every way out`, () => {
    for (const path of ['../secret', 'a/../../secret', '/etc/passwd', '..', 'a/b/../file'])
      assert.throws(() => open(at, path, READ), { code: 'EXDEV' }, path);
    for (const path of ['out/secret', 'a/up/secret', 'a/b/near', 'out', 'a/up/root/a/b/file'])
      assert.throws(() => open(at, path, READ), { code: /^E(LOOP|NOTDIR)$/ }, path);
    assert.throws(() => open(at, 'a/none', READ), { code: 'ENOENT' });
    assert.throws(() => open(at, 'a\0/b/file', READ), { code: 'EINVAL' });
  });

  test(`${way} leaves no descriptor behind`, () => {
    const before = readdirSync('/proc/self/fd').length;
    for (let i = 0; i < 20; i++) assert.throws(() => open(at, 'a/b/none/x', READ));
    for (let i = 0; i < 20; i++) closeFd(open(at, 'a/b/file', READ));
    assert.equal(readdirSync('/proc/self/fd').length, before);
  });
}
