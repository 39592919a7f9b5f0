import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { systemClock } from '../../src/host.ts';
import { freshRoot, makeArchive, makeDayabay } from '../shelf/dayabay.ts';
import { runHoldfast } from './in-process.ts';

const NOW = Date.parse('2013-05-20T11:28:00+08:00');
const TRAC = 'tracs/dybsvn/2013/05/19/104702/dybsvn.tar.gz';

type TestContext = Parameters<typeof freshRoot>[0];
type Holdfast = (line: string, input?: string) => Promise<{ status: number; out: string; err: string }>;

/** A shelf of three days with a target on this machine, and a way to call the program on 20 May 2013. */
async function makeWorld(context: TestContext, { shelves = '' } = {}) {
  const root = await freshRoot(context);
  const [source, target] = [join(root, 'source'), join(root, 'target')];
  await mkdir(target, { recursive: true });
  await makeDayabay(source);
  const config = join(root, 'holdfast.yaml');
  const items = ['svn, name: dybsvn', 'tracs, name: dybsvn', 'folders, name: svnsetup'];
  const lines = items.map((item) => `      - { category: ${item} }`).join('\n');
  await writeFile(
    config,
    `timezone: Asia/Taipei\nshelves:\n  dayabay:\n    root: ${source}\n    items:\n${lines}\n    target:\n      root: ${target}\n${shelves}`,
  );
  const holdfast: Holdfast = (line, input) => call(['-c', config, 'shelf', ...line.split(' ')], input);
  return { root, source, target, holdfast };
}

async function call(argv: readonly string[], input = '') {
  // Time passes, as a transfer waits for it, but on that day.
  const clock = { ...systemClock, nowMs: () => NOW };
  const { status, text: out, stderr: err } = await runHoldfast(argv, {}, { input, clock });
  return { status, out, err };
}

test('ls shows each item, its archives and what is missing', async (context) => {
  const { holdfast, source } = await makeWorld(context);
  await rm(join(source, 'svn/dybsvn/2013/05/18'), { recursive: true });
  const { status, out } = await holdfast('ls');
  assert.equal(status, 0);
  assert.match(out, new RegExp(`^Shelf dayabay at ${source}\n\nsvn/dybsvn: 2 archives, 96 B\n`));
  assert.match(out, /^2013\/05\/19 {2}10:47:02 {2}48 B {2}dybsvn-20561\.tar\.gz\n2013\/05\/17/m);
  assert.match(out, /^Missing: 2013\/05\/18\nDue today: 1 of 1$/m);
  const records = (await holdfast('ls --json dayabay')).out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    records.map(({ message_type }) => message_type).filter((type) => type !== 'archive'),
    ['step', 'item', 'item', 'item', 'summary'],
  );
  assert.deepEqual(records.find(({ message_type }) => message_type === 'item').missing, [
    { from: '2013/05/18', to: '2013/05/18' },
  ]);
  assert.equal((await holdfast('ls --target')).out.match(/: nothing$/gm)?.length, 3);
  assert.equal((await holdfast('ls --item svn/dybsvn --day -1')).out.match(/dybsvn-\d+/g)?.join(), 'dybsvn-20561');
});

test('several commands are done in order, until one fails', async (context) => {
  const { holdfast, source, target } = await makeWorld(context);
  await makeDayabay(target);
  await makeArchive(target, 'svn/dybsvn/2013/05/16/104702/dybsvn-1.tar.gz');
  const done = await holdfast('check purge dayabay');
  assert.deepEqual([done.status, done.out.match(/^== .*$/gm)], [0, ['== check', '== purge']]);
  assert.match(
    done.out,
    /9 archives with \d+ B read back and right[\s\S]*Removed 1 archive with 44 B and 2 empty folders/,
  );
  await writeFile(join(source, TRAC), 'cut');
  await makeArchive(target, 'svn/dybsvn/2013/05/16/104702/dybsvn-1.tar.gz');
  const failed = await holdfast('check purge dayabay');
  assert.equal(failed.status, 1);
  assert.match(failed.out, /DAMAGED +tracs\/dybsvn\/2013\/05\/19\/104702\/dybsvn\.tar\.gz: 3 bytes instead of 44/);
  assert.doesNotMatch(failed.out, /== purge/);
  assert.match(
    failed.err,
    /an archive does not match its sidecar: shelf dayabay at .*: 1 damaged, 1 day short of archives/,
  );
});

test('a day can be asked for as altbackup took it', async (context) => {
  const { holdfast } = await makeWorld(context);
  for (const day of ['-1', '2013/05/18', '2013-05-17'])
    assert.equal((await holdfast(`check --day ${day}`)).status, 0, day);
  const today = await holdfast('check --day today');
  assert.equal(today.status, 1);
  assert.equal(today.out.match(/MISSING .* 2013\/05\/20: 0 of 1/g)?.length, 3);
  assert.equal((await holdfast('check --day tomorrow')).status, 2);
});

test('purge shows its plan, keeps to it, and refuses where nothing good would stay', async (context) => {
  const { holdfast, target } = await makeWorld(context);
  await makeDayabay(target);
  const dry = await holdfast('purge --keep 1 --dry-run');
  assert.match(
    dry.out,
    /keep {4}svn\/dybsvn\/2013\/05\/19[\s\S]*remove {2}svn\/dybsvn\/2013\/05\/18[\s\S]*6 archives with .* would be removed/,
  );
  assert.equal((await readdir(join(target, 'svn/dybsvn/2013/05'))).length, 3);
  await makeArchive(target, TRAC, { dna: 'wrong' });
  const refused = await holdfast('purge --keep 1');
  assert.equal(refused.status, 20);
  assert.match(refused.err, /refused by a safety rule: nothing was removed of tracs\/dybsvn \(none of the 1 that stay/);
  assert.deepEqual(await readdir(join(target, 'svn/dybsvn/2013/05')), ['19']);
  assert.equal((await readdir(join(target, 'tracs/dybsvn/2013/05'))).length, 3);
});

test('a shelf without a target is purged only on purpose', async (context) => {
  const root = await freshRoot(context);
  const copy = `  copy:\n    root: ${root}\n    items: [{ category: svn, name: dybsvn }]\n`;
  const { holdfast } = await makeWorld(context, { shelves: copy });
  await makeDayabay(root);
  assert.equal((await holdfast('purge --keep 1 copy')).status, 2);
  assert.equal((await holdfast('purge --keep 1 --source copy')).status, 0);
  assert.deepEqual(await readdir(join(root, 'svn/dybsvn/2013/05')), ['19']);
  assert.match((await holdfast('ls --target copy')).err, /shelf copy has no target/);
  assert.match((await holdfast('ls')).err, /no shelf is named\nhint: There are: dayabay, copy/);
});

test('transfer brings over what lacks, and again nothing', async (context) => {
  const { holdfast, source, target } = await makeWorld(context);
  const planned = await holdfast('transfer --dry-run --day -1');
  assert.match(planned.out, /^send {5}svn\/dybsvn\/2013\/05\/19\S+ {2}48 B \(not at the target\)$/m);
  assert.match(planned.out, /Dry run: 3 archives with 142 B would be sent\.$/m);
  assert.deepEqual(await readdir(target), []);
  const done = await holdfast('check transfer purge --keep 1 dayabay');
  assert.deepEqual([done.status, done.err], [0, '']);
  assert.match(done.out, /^sent {7}svn\/dybsvn\/2013\/05\/19[\s\S]*^Transferred 3 archives; 142 B sent\.$/m);
  assert.match(done.out, /^Removed 0 archives/m);
  execFileSync('diff', ['-r', join(source, 'svn/dybsvn/2013/05/19'), join(target, 'svn/dybsvn/2013/05/19')]);
  assert.match((await holdfast('transfer --day -1')).out, /: 0 archives with 0 B; 3 there already$/m);
  await writeFile(join(source, TRAC), 'cut');
  const unfit = await holdfast('transfer');
  assert.equal(unfit.status, 3);
  assert.match(
    unfit.err,
    /warning: not sent: tracs\/dybsvn\/2013\/05\/19\/104702\/dybsvn\.tar\.gz 3 bytes instead of 44/,
  );
});

test('transfer sends nothing that purge has just removed, unless it is asked to', async (context) => {
  const { holdfast, target } = await makeWorld(context);
  const first = await holdfast('check transfer purge --keep 1');
  assert.match(
    first.out,
    /^Not sent: 6 older archives, which keep would have purge remove; --day or --all sends them$/m,
  );
  const again = await holdfast('transfer --dry-run --keep 1');
  assert.match(again.out, /: 0 archives with 0 B; 3 there already\nNot sent: 6 older archives/);
  assert.match((await holdfast('transfer --dry-run --keep 1 --day 2013/05/17')).out, /Dry run: 3 archives with /);
  assert.match((await holdfast('transfer --keep 1 --all')).out, /^Transferred 6 archives; /m);
  assert.match((await holdfast('purge --keep 1')).out, /^Removed 6 archives/m);
  // What the configuration keeps is more than there is.
  assert.match((await holdfast('transfer')).out, /^Transferred 6 archives; /m);
  assert.equal((await readdir(join(target, 'svn/dybsvn/2013/05'))).length, 3);
});

test('put makes archives of folders, of programs and of standard input', async (context) => {
  const { holdfast, root, source } = await makeWorld(context);
  await mkdir(join(root, 'work'));
  await writeFile(join(root, 'work/file'), 'x');
  const folder = await holdfast(`put --item folders/svnsetup --folder ${root}/work dayabay`);
  assert.match(folder.out, /^Put folders\/svnsetup\/2013\/05\/20\/112800\/svnsetup\.tar\.gz: \d+ B\.$/m);
  assert.equal(
    execFileSync('tar', ['-tzf', join(source, 'folders/svnsetup/2013/05/20/112800/svnsetup.tar.gz')]).toString(),
    'work/\nwork/file\n',
  );
  assert.equal((await holdfast('put --item svn/dybsvn dayabay -- printf 123')).status, 0);
  assert.equal((await holdfast('put --item tracs/dybsvn --stdin dayabay', 'abc')).status, 0);
  assert.equal((await holdfast('check --day today')).status, 0);
  const failing = await holdfast('put --item tracs/dybsvn --file other.tar.gz dayabay -- false');
  assert.deepEqual([failing.status, /command failed: false ended with exit code 1/.test(failing.err)], [1, true]);
  for (const wrong of [
    'put dayabay --stdin',
    'put --item svn/dybsvn dayabay',
    `put --item svn/dybsvn --stdin --folder ${root} dayabay`,
    'put --item svn/other --stdin',
  ])
    assert.equal((await holdfast(wrong)).status, 2, wrong);
});

test('extract and examine take what is asked for out of the newest archive, or that of a day', async (context) => {
  const { holdfast, root, source } = await makeWorld(context);
  const database = new DatabaseSync(join(root, 'trac.db'));
  database.exec(
    "CREATE TABLE bitten_build (id, rev, rev_time, slave, started); INSERT INTO bitten_build VALUES (20652, '20479', 1367972581, 'belle7', 1367984409)",
  );
  database.close();
  const content = execFileSync('tar', ['-cz', '-C', root, '--transform', 's,^,dybsvn/db/,', 'trac.db']);
  await makeArchive(source, TRAC, { content });
  const first = await holdfast(`extract --item tracs/dybsvn --member */trac.db --to ${root}/out`);
  assert.equal(first.out, `Extracted 1 member of ${TRAC}.\nSee ${root}/out/tracs/dybsvn/2013/05/19/104702\n`);
  assert.match(
    (await holdfast(`extract --item tracs/dybsvn --day -1 --to ${root}/out`)).out,
    /^Everything is there already: 1 member/,
  );
  const examined = await holdfast('examine --item tracs/dybsvn --query bitten-builds');
  assert.match(
    examined.out,
    /^slave +id +rev +last revision +last start\n-+\nbelle7 +20652 +20479 +2013-05-0\d \d\d:\d\d:01 +2013-05-0\d \d\d:\d\d:09\n1 row from dybsvn\/db\/trac\.db of /,
  );
  const own = await holdfast(
    `examine --item tracs/dybsvn --to ${root}/out --member */trac.db --json --sql SELECT(1)AS"one"`,
  );
  assert.deepEqual(JSON.parse(own.out.split('\n')[1]!), { message_type: 'row', one: 1 });
  assert.match(
    (await holdfast('examine --item tracs/dybsvn --query bitten')).err,
    /no query is named bitten\nhint: Did you mean bitten-builds\?/,
  );
  assert.match(
    (await holdfast(`extract --item tracs/dybsvn --day 2013/04/13 --to ${root}/out`)).err,
    /no such archive: tracs\/dybsvn of 2013\/04\/13/,
  );
  assert.match((await holdfast('extract --to /x')).err, /which item of dayabay: svn\/dybsvn/);
});

test('links that leave make an extraction incomplete', async (context) => {
  const { holdfast, root, source } = await makeWorld(context);
  execFileSync('ln', ['-s', '/etc/passwd', join(root, 'link')]);
  await makeArchive(source, TRAC, { content: execFileSync('tar', ['-cz', '-C', root, 'link']) });
  const { status, err } = await holdfast(`extract --item tracs/dybsvn --to ${root}/out`);
  assert.equal(status, 3);
  assert.match(err, /warning: left out link, a link that leaves the folder, to \/etc\/passwd/);
});

test('the worked configurations are ones, and their shelves can be listed', async (context) => {
  const page = await readFile(new URL('../../docs/shelf.md', import.meta.url), 'utf8');
  const configs = [...page.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map((match) => match[1]!);
  assert.equal(configs.length, 3);
  for (const text of configs) {
    const root = await freshRoot(context);
    const config = join(root, 'holdfast.yaml');
    await writeFile(config, text.replace(/root: (?!\/data)\/\S+|root: \/data\S+(?=\n {4}items)/, `root: ${root}`));
    const { status, out, err } = await call(['-c', config, 'shelf', 'ls']);
    assert.deepEqual([status, err], [0, '']);
    assert.match(out, /: nothing$/m);
  }
});

test('words that are none are answered with the nearest, and with what altbackup called so', async (context) => {
  const { holdfast } = await makeWorld(context);
  const said: [line: string, status: number, answer: RegExp][] = [
    ['chek dayabay', 2, /shelf has no command chek\nhint: Did you mean check\?/],
    ['check trasfer purge dayabay', 2, /shelf has no command trasfer\nhint: Did you mean transfer\?/],
    ['check_source', 2, /hint: It is now: check$/m],
    ['examine_tracdb --day -1', 2, /hint: It is now: examine --query bitten-builds/],
    ['check dayaby', 2, /no such shelf: dayaby\nhint: Did you mean dayabay\?/],
    ['check dayabay more', 2, /what is more\?/],
    ['check --item svn/dybsv', 2, /shelf dayabay has no item svn\/dybsv\nhint: Did you mean svn\/dybsvn\?/],
    ['ls --source --target', 2, /--source and --target are given both/],
  ];
  for (const [line, status, answer] of said) {
    const told = await holdfast(line);
    assert.equal(told.status, status, line);
    assert.match(told.err, answer);
  }
});
