/** What comes newly into a directory whose other entries are as they were, wherever it stands in the order of names. */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { MIB } from '../../src/base/bytes.ts';
import { browse } from '../../src/vault.ts';
import { describePeer } from '../peers.ts';
import { World } from './backup-world.ts';

type Make = (world: World, name: string) => void;

/** Made at once by the thread that finds them, or left for later as a file to be read in pieces or a directory. */
const NEWCOMERS: Record<string, Make> = {
  'a small file': (world, name) => writeFileSync(world.at(name), 'small'),
  'a large file': (world, name) => writeFileSync(world.at(name), Buffer.alloc(2 * MIB, name)),
  'an empty directory': (world, name) => mkdirSync(world.at(name)),
  'a directory with a file': (world, name) => {
    mkdirSync(world.at(name));
    writeFileSync(world.at(name, 'inside'), name);
  },
};

describePeer('beside entries that have not changed', ['restic'], () => {
  for (const [what, make] of Object.entries(NEWCOMERS))
    it(`${what} is not overlooked, first or last`, async () => {
      using world = new World();
      await world.init();
      for (const name of ['k', 'l', 'm']) writeFileSync(world.at(name), name);
      await world.ours(['.']);
      for (const name of ['a', 'z', 'la']) {
        make(world, name);
        await world.ours(['.']);
        await assertLatestHas(world, name);
        rmSync(world.at(name), { recursive: true });
        await world.ours(['.']);
      }
      make(world, 'b');
      await world.ours(['.']);
      const theirs = await world.theirs(['--force', '.']);
      assert.deepEqual([theirs.dataBlobs, theirs.treeBlobs], [0, 0], 'restic finds the same');
    });
});

async function assertLatestHas(world: World, name: string): Promise<void> {
  await using vault = await world.open();
  const latest = (await vault.listSnapshots()).at(-1)!;
  const paths: string[] = [];
  for await (const { path } of browse.walkTree(vault, latest.tree)) paths.push(path);
  assert.ok(paths.includes(`/${name}`), `${name} is not in ${paths.join(' ')}`);
}
