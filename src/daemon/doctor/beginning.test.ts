import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { configOf } from '../../../test/daemon/world.ts';
import { simulated } from '../../host.ts';
import { crontab } from '../crontab.ts';
import { lockStateDirectory } from '../lock.ts';
import { examineBeginning } from './beginning.ts';

const directory = mkdtempSync(join(tmpdir(), 'holdfast-beginning-'));
after(() => rmSync(directory, { recursive: true }));
const cronD = join(directory, 'cron.d');
mkdirSync(join(cronD, 'a-directory'), { recursive: true });
writeFileSync(join(cronD, 'other'), '0 3 * * * root /usr/bin/holdfast-like run etc\n# holdfast run etc\n');

const config = await configOf({
  stateDirectory: join(directory, 'state'),
  vaults: { main: { verify: { schedule: '04:00' }, prune: {} } },
  plans: { etc: { schedule: '22:00' }, home: { schedule: '23:00' } },
});
const { signal } = new AbortController();
/** In their order: etc, home, verify main, prune main. */
const timers = (...active: boolean[]) =>
  simulated.scriptedProcesses(({ command }) =>
    command === 'systemctl'
      ? { exitCode: 3, output: active.map((each) => (each ? 'active\n' : 'inactive\n')).join('') }
      : undefined,
  );

async function found(processes = simulated.scriptedProcesses(() => undefined), ...cronPlaces: string[]) {
  const places = [join(directory, 'missing'), cronD, ...cronPlaces];
  const findings = await examineBeginning({ config, processes, signal, cronPlaces: places });
  return findings.map(({ level, subject }) => `${level} ${subject}`);
}

describe('what begins runs', () => {
  it('is nothing, where there is neither daemon nor timer nor line of cron', async () => {
    assert.deepEqual(await found(), ['warning all']);
    const noSystemd = simulated.scriptedProcesses(() => ({ exitCode: 1, errorText: 'System has not been booted' }));
    assert.deepEqual(await found(noSystemd), ['warning all']);
  });

  it('is the daemon while it holds its lock', async () => {
    {
      using _lock = lockStateDirectory({ stateDirectory: config.stateDirectory, holder: 'process 4711 on head1' });
      const [finding] = await examineBeginning({ config, processes: timers(), signal, cronPlaces: [] });
      assert.equal(finding!.text, 'runs, and begins what is due: process 4711 on head1');
    }
    assert.deepEqual(await found(), ['warning all'], 'the file that stays is no daemon');
    using _again = lockStateDirectory({ stateDirectory: config.stateDirectory, holder: 'we left it free' });
  });

  it('is a timer for each of them', async () => {
    assert.deepEqual(await found(timers(true, true, true, true)), ['ok all']);
    assert.deepEqual(await found(timers(true, false, true, false)), ['warning backup home', 'warning prune main']);
    const asked = timers();
    await found(asked);
    assert.deepEqual(asked.calls[0]!.args, [
      'is-active',
      '--',
      'holdfast-etc.timer',
      'holdfast-home.timer',
      'holdfast_verify-main.timer',
      'holdfast_prune-main.timer',
    ]);
  });

  it('is the crontab that holdfast writes', async () => {
    const file = join(directory, 'crontab');
    const options = { program: '/opt/hold fast/holdfast', configFile: '/etc/holdfast.yaml', machineTimezone: 'UTC' };
    writeFileSync(file, crontab(config, options).text);
    const quoted = await found(undefined, file);
    writeFileSync(file, crontab(config, { ...options, program: '/usr/bin/holdfast' }).text);
    assert.deepEqual(await found(undefined, file), ['ok all']);
    assert.deepEqual(quoted, ['ok all'], 'also with a program whose path is quoted');
  });

  it('is a line that a person wrote, for what it names', async () => {
    const file = join(directory, 'own');
    writeFileSync(file, '5 1 * * * cd / && holdfast -q run etc; holdfast run --verify=main\n');
    assert.deepEqual(await found(undefined, file), ['warning backup home', 'warning prune main']);
    assert.deepEqual(await found(timers(false, true, false, true), file), ['ok all'], 'together with timers');
  });
});
