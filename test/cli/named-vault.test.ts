/** Vaults by their names in the configuration. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { after, before, it } from 'node:test';
import { GreenWorld } from '../simulation/false-green-world.ts';
import { recordsOf, runHoldfast } from './in-process.ts';

let world: GreenWorld;
before(async () => {
  world = await GreenWorld.open();
  await world.makeVault(world.at('vault'));
  world.configure('etc', { sources: [{ files: [world.at('source')] }] });
  assert.equal((await world.holdfast('run', 'etc')).status, 0);
});
after(() => world[Symbol.asyncDispose]());

it('a name is the vault of the configuration, with the password that stands there', async () => {
  const listed = await world.holdfast('-r', 'main', 'snapshots', '--json');
  assert.equal(listed.status, 0, listed.stderr);
  const [snapshot] = recordsOf(listed);
  assert.deepEqual(snapshot!['tags'], ['plan:etc', 'point:1']);
  const byVariable = await runHoldfast(['snapshots', '--json'], {
    HOLDFAST_VAULT: 'main',
    HOLDFAST_CONFIG: world.at('holdfast.yaml'),
  });
  assert.equal(byVariable.status, 0, byVariable.stderr);
});

it('a name that is none is told before anybody is asked for its password', async () => {
  const listed = await world.holdfast('-r', 'mian', 'snapshots');
  assert.equal(listed.status, 10, listed.stderr);
  assert.match(listed.stderr, /mian: neither a directory here nor a vault of .*holdfast.yaml/);
  assert.match(listed.stderr, /Did you mean main\?/);
});

it('a password that is given counts before that of the configuration', async () => {
  writeFileSync(world.at('other'), 'other');
  const listed = await world.holdfast('-r', 'main', '-p', world.at('other'), 'snapshots');
  assert.equal(listed.status, 12);
});

it('a path is a path, whatever the configuration says', async () => {
  const listed = await world.holdfast('-r', world.at('vault'), '-p', world.at('password'), 'snapshots');
  assert.equal(listed.status, 0, listed.stderr);
  mkdirSync(world.at('main'));
  const before = process.cwd();
  process.chdir(world.place);
  try {
    const here = await world.holdfast('-r', 'main', '-p', world.at('password'), 'snapshots');
    assert.equal(here.status, 10, 'the directory main is meant, which is no vault');
  } finally {
    process.chdir(before);
  }
});

it('a wrong configuration is told, and stops nobody who uses a path', async () => {
  writeFileSync(world.at('wrong.yaml'), 'vaults: [');
  const config = ['-c', world.at('wrong.yaml')];
  assert.equal((await runHoldfast([...config, '-r', 'main', 'snapshots'], {})).status, 2);
  const byPath = [...config, '-r', world.at('vault'), '-p', world.at('password'), 'snapshots'];
  assert.equal((await runHoldfast(byPath, {})).status, 0);
});
