import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { configOf, type TestWorld, worldOf } from '../../../test/daemon/world.ts';
import { simulated, systemClock, systemProcesses, systemRandom } from '../../host.ts';
import { openStorage } from '../../storage.ts';
import { initVault, openVault, type Vault } from '../../vault.ts';
import { Redactor } from '../redact.ts';
import { examineVault } from './vault.ts';

const directory = mkdtempSync(join(tmpdir(), 'holdfast-doctor-vault-'));
after(() => rmSync(directory, { recursive: true }));
const url = join(directory, 'vault');
const { signal } = new AbortController();
const HOUR_MS = 3_600_000;

/** The vault as a program of another machine has it, at another time. */
async function opened(hostname: string, aheadMs = 0): Promise<Vault> {
  const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs };
  const identity = simulated.fixedIdentity({ hostname, pid: 17, username: 'carol' });
  return openVault(await openStorage(url), { password: 'secret', clock, identity, signal, cacheOf: undefined });
}

describe('a vault that is examined', () => {
  let world: TestWorld;
  before(async () => {
    const parts = {
      clock: systemClock,
      identity: simulated.fixedIdentity(),
      random: systemRandom,
      scrypt: { N: 2, r: 1, p: 1 },
    };
    await using _made = await initVault(await openStorage(url), { ...parts, password: 'secret' });
    const config = await configOf({ stateDirectory: join(directory, 'state'), vaults: { main: { url } } });
    world = await worldOf({ config, clock: systemClock });
  });
  const examined = async () => {
    const secrets = { environment: {}, processes: systemProcesses, redactor: new Redactor(), signal };
    return (await examineVault(world, 'main', secrets)).map(({ level, text }) => `${level} ${text}`);
  };

  it('opens, and could be had alone', async () => {
    assert.deepEqual(await examined(), [
      `ok ${url} opens, and takes a lock`,
      'ok nobody else has a lock: retention and prune could have it alone',
    ]);
  });

  it('tells who else has a lock, and for how long', async () => {
    await using other = await opened('node9');
    const lock = await other.lock({ exclusive: false });
    const [, shared] = await examined();
    await lock[Symbol.asyncDispose]();
    assert.equal(
      shared,
      'ok shared lock of carol@node9, process 17, renewed 0 min ago: retention and prune have to wait until it is gone',
    );
    await using old = await opened('node9', -5 * HOUR_MS);
    const stale = await old.lock({ exclusive: false });
    const [, left] = await examined();
    await stale[Symbol.asyncDispose]();
    assert.match(left!, /^warning a stale shared lock of carol@node9, process 17, renewed 5 h ago/);
  });

  it('cannot be used while another has it alone', async () => {
    await using other = await opened('node9');
    const lock = await other.lock({ exclusive: true });
    const found = await examined();
    await lock[Symbol.asyncDispose]();
    assert.equal(found.length, 1);
    assert.match(found[0]!, /^error the vault is locked: exclusive lock of carol@node9/);
  });

  it('is not opened with another password', async () => {
    const { config } = world;
    config.vaults['main']!.password = { value: 'another' };
    const found = await examined();
    config.vaults['main']!.password = { value: 'secret' };
    assert.match(found[0]!, /^error wrong password/);
  });
});
