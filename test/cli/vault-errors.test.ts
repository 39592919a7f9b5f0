/** Vaults that cannot be opened: each reason has its own code, message, hint and exit code. */
import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { systemClock, systemIdentity } from '../../src/host.ts';
import { sealBytes } from '../../src/vault/documents.ts';
import { openVault } from '../../src/vault/open.ts';
import { Sealer } from '../../src/vault/seal.ts';
import { World } from '../compat/backup-world.ts';
import { holdfast, lastLine } from '../simulation/program.ts';

interface Case {
  what: string;
  /** Name of the vault, and what is done to a new one of that name before. */
  vault: string;
  prepare?: () => void | Promise<void>;
  environment?: Record<string, string>;
  code: string;
  exitCode: number;
  message: RegExp;
  hint: RegExp;
}

const world = new World();
after(() => world[Symbol.dispose]());

const CASES: Case[] = [
  {
    what: 'a wrong password',
    vault: 'wrong',
    environment: { HOLDFAST_PASSWORD: 'slow' },
    code: 'password-wrong',
    exitCode: 12,
    message: /wrong password, or no key matches it: .*wrong, keys tried: 1/,
    hint: /Check the password file or command/,
  },
  {
    what: 'no vault at the address',
    vault: 'none',
    prepare: () => rmSync(world.path('none'), { recursive: true }),
    code: 'vault-missing',
    exitCode: 10,
    message: /there is no vault here: .*none/,
    hint: /Check the address, or create one with: holdfast init/,
  },
  {
    what: 'a file at the address',
    vault: 'file',
    prepare: () => {
      rmSync(world.path('file'), { recursive: true });
      writeFileSync(world.path('file'), 'just a file');
    },
    code: 'vault-missing',
    exitCode: 10,
    message: /there is no vault here: .*file/,
    hint: /Check the address/,
  },
  {
    what: 'a directory with other things in it',
    vault: 'foreign',
    prepare: () => {
      rmSync(world.path('foreign'), { recursive: true });
      mkdirSync(world.path('foreign', 'config'), { recursive: true });
    },
    code: 'vault-foreign',
    exitCode: 10,
    message: /this is not a vault: .*foreign/,
    hint: /Check the address; nothing was changed/,
  },
  {
    what: 'a directory with a config file of something else',
    vault: 'configured',
    prepare: () => {
      rmSync(world.path('configured'), { recursive: true });
      mkdirSync(world.path('configured'));
      writeFileSync(world.path('configured', 'config'), '[core]\n\tbare = false\n');
    },
    code: 'vault-foreign',
    exitCode: 10,
    message: /this is not a vault: .*configured has a config file but no keys/,
    hint: /Check the address; nothing was changed/,
  },
  {
    what: 'a vault without its key files',
    vault: 'keyless',
    prepare: () => rmSync(world.path('keyless', 'keys'), { recursive: true }),
    code: 'vault-foreign',
    exitCode: 10,
    message: /this is not a vault: .*keyless has a config file but no keys/,
    hint: /Check the address/,
  },
  {
    what: 'a vault of a version that is still to come',
    vault: 'future',
    prepare: async () => {
      const storage = world.storage('future');
      const parts = { password: 'quick', clock: systemClock, identity: systemIdentity() };
      const { parts: opened, config } = await openVault(storage, parts);
      const text = JSON.stringify({ version: 3, id: config.id, chunker_polynomial: config.chunkerPolynomial });
      const sealed = sealBytes(new Sealer(opened.key), Buffer.from(text));
      await storage.replace({ kind: 'config', name: 'config' }, sealed);
    },
    code: 'vault-version',
    exitCode: 1,
    message: /format version this program does not know: version 3/,
    hint: /Use a newer Holdfast or restic/,
  },
  {
    what: 'no password',
    vault: 'mute',
    environment: { HOLDFAST_PASSWORD: '' },
    code: 'password-missing',
    exitCode: 2,
    message: /no password given/,
    hint: /Use --password-file, HOLDFAST_PASSWORD_FILE or HOLDFAST_PASSWORD_COMMAND/,
  },
  {
    what: 'a config under another name',
    vault: 'renamed',
    prepare: () => renameSync(world.path('renamed', 'config'), world.path('renamed', 'config.bak')),
    code: 'vault-foreign',
    exitCode: 10,
    message: /this is not a vault: .*renamed/,
    hint: /Check the address/,
  },
];

describe('a vault that cannot be opened', { concurrency: 1 }, () => {
  before(() => writeFileSync(world.at('file'), 'content'));

  for (const { what, vault, prepare, environment, code, exitCode, message, hint } of CASES)
    it(`because of ${what}: ${code}, exit code ${exitCode}`, async () => {
      await world.init(vault);
      await prepare?.();
      const given = { HOLDFAST_VAULT: world.path(vault), HOLDFAST_PASSWORD: 'quick', ...environment };
      for (const args of [
        ['snapshots'],
        ['backup', world.source],
        ['check'],
        ['restore', 'latest', '--target', '/none'],
      ]) {
        const people = await holdfast(args, given);
        assert.equal(people.status, exitCode, people.stderr);
        assert.match(people.stderr, message);
        assert.match(people.stderr, new RegExp(`^hint: .*${hint.source}`, 'm'));
        const programs = await holdfast([...args, '--json'], given);
        const { message_type: type, ...last } = lastLine(programs);
        assert.deepEqual([type, last['code'], last['exit_code'], programs.status], ['error', code, exitCode, exitCode]);
        assert.match(String(last['message']), message);
        assert.match(String(last['hint']), hint);
        assert.equal(programs.stderr, '');
      }
    });

  it('opens with a good key beside a damaged one', async () => {
    await world.init('damaged');
    writeFileSync(world.path('damaged', 'keys', '0'.repeat(64)), '{"kdf":"scrypt"');
    const given = { HOLDFAST_VAULT: world.path('damaged'), HOLDFAST_PASSWORD: 'quick' };
    assert.equal((await holdfast(['snapshots'], given)).status, 0);
    const wrong = await holdfast(['snapshots'], { ...given, HOLDFAST_PASSWORD: 'slow' });
    assert.match(wrong.stderr, /damaged: key 0000.*is not JSON\nhint: No good key fits the password/);
    assert.equal(wrong.status, 1);
  });

  it('init refuses a place where a config was lost, or an init killed, and says what to do', async () => {
    await world.init('halved');
    rmSync(world.path('halved', 'config'));
    const run = await holdfast(['init'], { HOLDFAST_VAULT: world.path('halved'), HOLDFAST_PASSWORD: 'quick' });
    assert.equal(run.status, 1);
    assert.match(run.stderr, /halved has no config but the key [0-9a-f]{64}\nhint: Put the config back/);
  });

  it('init refuses a place where a vault is, and leaves it alone', async () => {
    await world.init('taken');
    const before = world.files('taken');
    const run = await holdfast(['init', '--json'], { HOLDFAST_VAULT: world.path('taken'), HOLDFAST_PASSWORD: 'quick' });
    assert.deepEqual([run.status, lastLine(run)['code']], [1, 'vault-exists']);
    assert.deepEqual(world.files('taken'), before);
  });
});
