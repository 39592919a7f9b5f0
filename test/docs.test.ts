import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { commandsOf, comparable, runPage, withOutputs } from '../scripts/examples.ts';
import { pagesWithExamples, pageText, withRatios } from '../scripts/tour.ts';
import { PAGES } from './docs/pages.ts';

const CAPABILITIES = ['vault', 'backup', 'restore', 'check-and-repair', 'configuration', 'plans'];

describe('documents', () => {
  it('have an example for everything Holdfast does, and each is run', () => {
    const pages = pagesWithExamples();
    for (const name of CAPABILITIES) assert.ok(pages.includes(`docs/${name}.md`), `docs/${name}.md has no example`);
    assert.deepEqual(Object.values(PAGES).flat().sort(), pages, 'test/docs/pages.ts does not list them all');
  });

  it('show the ratios that were measured', () => {
    assert.match(pageText('README.md'), /^<!-- bench -->\n[\s\S]*^<!-- \/bench -->$/m);
    assert.equal(withRatios(pageText('README.md')), pageText('README.md'), 'run: node scripts/tour.ts');
  });
});

describe('reader of worked examples', () => {
  const page = [
    'Text.',
    '<!-- before',
    'mkdir /srv/shop',
    '-->',
    '```console',
    '$ cd /srv/shop && pwd',
    'old',
    '$ false # exit code 1',
    '```',
    '```console',
    '$ printf "%s " a \\',
    '  b; ls "$HOME"; pwd',
    '```',
    '',
  ].join('\n');

  it('finds commands with their output, exit code and line', () => {
    assert.deepEqual(
      commandsOf(page).map(({ line, exitCode, output }) => [line, exitCode, output]),
      [
        [6, 0, 'old\n'],
        [8, 1, ''],
        [11, 0, ''],
      ],
    );
  });

  it('runs them in one shell and puts the output in its place', async () => {
    const ran = await runPage(page);
    assert.deepEqual(ran, [
      { exitCode: 0, output: '/srv/shop\n' },
      { exitCode: 1, output: '' },
      { exitCode: 0, output: 'a b /srv/shop\n' },
    ]);
    const outputs = ran.map(({ output }) => output);
    assert.equal(
      withOutputs(page, outputs),
      page.replace('old', '/srv/shop').replace('$HOME"; pwd\n', '$HOME"; pwd\na b /srv/shop\n'),
    );
  });

  it('compares without what is different each time, and sees all else', () => {
    const one = 'Snapshot 3b72c06b saved at 2026-11-21 22:00:00.  Read 1.87 MiB in 1.9 s (1.2 MiB/s)\n';
    const two = 'Snapshot 00000000 saved at 2027-01-01 00:00:00. Read 900 B in 12 s (3 GiB/s)';
    assert.equal(comparable(one), comparable(two));
    assert.notEqual(comparable('12 files'), comparable('13 files'));
  });
});
