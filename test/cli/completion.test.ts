/** Completion in the real shells, of the commands there are. Bash is tried beside the code with made-up ones. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { COMMANDS } from '../../src/cli.ts';
import { describePeer, requirePeer } from '../peers.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const directory = mkdtempSync(join(tmpdir(), 'holdfast-'));
const firstWords = [...new Set(Object.keys(COMMANDS).map((name) => name.split(' ')[0]!))].sort();

after(() => rmSync(directory, { recursive: true }));

describePeer('fish completion', ['fish'], () => {
  it('offers commands, arguments and options', () => {
    const script = scriptFor('fish');
    const complete = (line: string): string[] => {
      const printed = execFileSync(requirePeer('fish'), ['-N', '-c', `source ${script}; complete -C '${line}'`], {
        encoding: 'utf8',
        env: { ...process.env, HOME: directory },
      });
      const offers = printed.split('\n').filter((offer) => offer !== '');
      return offers.map((offer) => offer.split('\t')[0]!).sort();
    };
    assert.deepEqual(complete('holdfast '), firstWords);
    assert.deepEqual(complete('holdfast -r /v -q comple'), ['completion']);
    assert.deepEqual(complete('holdfast completion '), ['bash', 'fish', 'zsh']);
    assert.deepEqual(complete('holdfast ha mmp cl'), ['clear']);
    assert.deepEqual(complete('holdfast version --pass'), ['--password-command', '--password-file']);
  });
});

describePeer('zsh completion', ['zsh'], () => {
  it('is a script that zsh accepts and registers', () => {
    const check = `compdef() { print -r -- "$@" }; source ${scriptFor('zsh')}; whence -w _holdfast`;
    const printed = execFileSync(requirePeer('zsh'), ['-f', '-c', check], { encoding: 'utf8' });
    assert.equal(printed, '_holdfast holdfast\n_holdfast: function\n');
  });
});

function scriptFor(shell: string): string {
  const path = join(directory, `completion.${shell}`);
  writeFileSync(path, execFileSync(process.execPath, [MAIN, 'completion', shell]));
  return path;
}
