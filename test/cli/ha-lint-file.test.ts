/** Files of Pacemaker, corosync and PowerMan, checked one by one. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { recordsOf, runHoldfast } from './in-process.ts';

const place = mkdtempSync(join(tmpdir(), 'holdfast-lint-'));
after(() => rmSync(place, { recursive: true }));

async function lint(...files: string[]) {
  const ended = await runHoldfast(['ha', 'lint', '--json', ...files], { HOLDFAST_CONFIG: join(place, 'none.yaml') });
  const findings = recordsOf(ended).filter((record) => record['message_type'] === 'finding');
  return { ...ended, codes: findings.map(({ code, line }) => `${code} ${line}`) };
}

it('tells what is wrong with a corosync.conf by line', async () => {
  const file = join(place, 'corosync.conf');
  writeFileSync(file, 'totem {\n  version: 2\n  token: soon\n}\n');
  const { status, codes } = await lint(file);
  assert.equal(status, 1);
  assert.ok(
    codes.some((code) => code.endsWith(' 3')),
    codes.join(),
  );
});

it('tells what is unsafe in a whole CIB, and where another ends too early', async () => {
  const whole = join(place, 'whole.xml');
  copyFileSync(new URL('../fixtures/cib/two-node.xml', import.meta.url), whole);
  // Only oss1 has a fence device there, and a ban was left.
  assert.deepEqual((await lint(whole)).codes, ['cib-fence-coverage 1', 'not-examined 40', 'cib-move-left 58']);
  const cut = join(place, 'cut.xml');
  writeFileSync(cut, readFileSync(whole, 'utf8').slice(0, 400));
  const { status, codes } = await lint(cut);
  assert.equal(status, 1);
  assert.match(codes.join(), /^cib-unreadable [1-9]/);
});

it('follows what a powerman.conf includes', async () => {
  const file = join(place, 'powerman.conf');
  writeFileSync(file, 'include "missing.dev"\nnode "n1" "dev0" "1"\n');
  const { status, codes } = await lint(file);
  assert.equal(status, 1);
  assert.equal(codes.length, 2, codes.join());
});

it('is wrong usage for a file of nobody', async () => {
  const file = join(place, 'notes.txt');
  writeFileSync(file, '');
  assert.equal((await lint(file)).status, 2);
});
