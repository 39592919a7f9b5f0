import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { configOf } from '../../../test/daemon/world.ts';
import { type Processes, simulated, systemProcesses } from '../../host.ts';
import { crontab } from '../crontab.ts';
import { lockStateDirectory } from '../lock.ts';
import { examineBeginning } from './beginning.ts';
import type { CronPlace } from './cron.ts';
import type { Finding } from './finding.ts';

const directory = mkdtempSync(join(tmpdir(), 'holdfast-beginning-'));
after(() => rmSync(directory, { recursive: true }));
const at = (name: string): string => join(directory, name);
mkdirSync(at('cron.d/a-directory'), { recursive: true });
mkdirSync(at('cron.daily'));
writeFileSync(at('cron.d/other'), '0 3 * * * root /usr/bin/holdfast-like run etc\n# holdfast run etc\n');

/** A program that tells its version, in a folder of its own. */
function programIn(folder: string, text = '#!/bin/sh\nexit 0\n'): string {
  mkdirSync(at(folder), { recursive: true });
  writeFileSync(at(`${folder}/holdfast`), text, { mode: 0o755 });
  return at(`${folder}/holdfast`);
}
const program = programIn('opt');
const ALL = 'holdfast run etc; holdfast run home; holdfast run --verify main; holdfast run --prune main';

const config = await configOf({
  stateDirectory: at('state'),
  vaults: { main: { verify: { schedule: '04:00' }, prune: {} } },
  plans: { etc: { schedule: '22:00' }, home: { schedule: '23:00' } },
});
const { signal } = new AbortController();
const NAMES = ['holdfast-etc', 'holdfast-home', 'holdfast_verify-main', 'holdfast_prune-main'];

type Properties = Record<string, string>;
const TIMER = {
  LoadState: 'loaded',
  ActiveState: 'active',
  SubState: 'waiting',
  UnitFileState: 'enabled',
  NeedDaemonReload: 'no',
  NextElapseUSecRealtime: 'Sat 2026-11-21 22:00:00 UTC',
};
const SERVICE = {
  LoadState: 'loaded',
  ActiveState: 'inactive',
  UnitFileState: 'static',
  Result: 'success',
  ExecMainStatus: '0',
  PrivateTmp: 'no',
  ExecStart: `{ path=${program} ; argv[]=${program} run etc ; ignore_errors=no ; pid=0 }`,
};

/** systemd with all our units, but for what differs by name; what is null is not there. Programs really run. */
function systemd(differing: Record<string, Properties | null> = {}): Processes {
  const scripted = simulated.scriptedProcesses(({ args }) => {
    const units = args.slice(args.indexOf('--') + 1).map((name) => {
      const usual = name === 'holdfast.service' ? null : name.endsWith('.timer') ? TIMER : SERVICE;
      const given = differing[name];
      const unit = given === undefined ? usual : given === null ? null : { ...usual, ...given };
      return { Id: name, ...(unit ?? { LoadState: 'not-found', ActiveState: 'inactive' }) };
    });
    const text = (unit: Properties) => Object.entries(unit).map(([key, value]) => `${key}=${value}\n`);
    return { output: units.map((unit) => text(unit).join('')).join('\n') };
  });
  return { ...scripted, run: (...call) => (call[0] === 'systemctl' ? scripted : systemProcesses).run(...call) };
}
const noTimers = Object.fromEntries(NAMES.map((name) => [`${name}.timer`, null]));
const cronOnly = systemd(noTimers);

async function examined(processes: Processes, ...tables: string[]): Promise<Finding[]> {
  const cronPlaces: CronPlace[] = [
    { path: at('missing'), kind: 'system' },
    { path: at('cron.d'), kind: 'system' },
    { path: at('cron.daily'), kind: 'scripts' },
    ...tables.map((path): CronPlace => ({ path, kind: 'system' })),
  ];
  return examineBeginning({ config, processes, signal, cronPlaces, cronOwnerUid: process.getuid!() });
}

async function found(processes: Processes = cronOnly, ...tables: string[]) {
  return (await examined(processes, ...tables)).map(({ level, subject }) => `${level} ${subject}`);
}

describe('what begins runs', () => {
  it('is nothing, where there is neither daemon nor timer nor line of cron', async () => {
    assert.deepEqual(await found(), ['warning all']);
    const noSystemd = simulated.scriptedProcesses(() => ({ exitCode: 1, errorText: 'System has not been booted' }));
    assert.deepEqual(await found(noSystemd), ['warning all']);
    assert.deepEqual(await found(simulated.scriptedProcesses(() => undefined)), ['warning all']);
  });

  it('is the daemon while it holds its lock', async () => {
    {
      using _lock = lockStateDirectory({ stateDirectory: config.stateDirectory, holder: 'process 4711 on head1' });
      const [finding] = await examineBeginning({ config, processes: cronOnly, signal, cronPlaces: [] });
      assert.equal(finding!.text, 'runs, and begins what is due: process 4711 on head1');
    }
    assert.deepEqual(await found(), ['warning all'], 'the file that stays is no daemon');
    using _again = lockStateDirectory({ stateDirectory: config.stateDirectory, holder: 'we left it free' });
  });

  it('is a timer for each of them', async () => {
    assert.deepEqual(await found(systemd()), ['ok all']);
    const [home, prune] = ['holdfast-home.timer', 'holdfast_prune-main.timer'];
    assert.deepEqual(await found(systemd({ [home]: null, [prune]: null })), [
      'warning backup home',
      'warning prune main',
    ]);
  });

  it('is no timer that is at rest, gone after a restart, or without a next time', async () => {
    const cases: [Properties, RegExp][] = [
      [{ ActiveState: 'inactive' }, /^holdfast-home\.timer is not active: it begins nothing$/],
      [{ ActiveState: 'inactive', UnitFileState: 'disabled' }, /is not active and not enabled/],
      [{ UnitFileState: 'disabled' }, /does not come back when the machine is started again/],
      [{ NextElapseUSecRealtime: '', SubState: 'elapsed' }, /has no next time/],
    ];
    for (const [properties, expected] of cases) {
      const findings = await examined(systemd({ 'holdfast-home.timer': properties }));
      assert.deepEqual(
        findings.map(({ level, subject }) => `${level} ${subject}`),
        ['warning backup home'],
      );
      assert.match(findings[0]!.text, expected);
      assert.match(findings[0]!.remedy, /systemctl .*holdfast-home\.timer/);
    }
    assert.deepEqual(
      await found(systemd({ 'holdfast-home.timer': { NextElapseUSecRealtime: '', SubState: 'running' } })),
      ['ok all'],
      'while its run goes on',
    );
  });

  it('is no timer whose service cannot begin the program, or did not the last time', async () => {
    const execStart = (path: string) => ({ ExecStart: `{ path=${path} ; argv[]=${path} run etc ; pid=0 }` });
    const broken = programIn('broken', '#!/bin/sh\necho needs Node 26 >&2\nexit 1\n');
    const cases: [Properties | null, string, RegExp][] = [
      [execStart('/usr/none/holdfast'), 'error', /^holdfast-etc\.service: \/usr\/none\/holdfast is not there/],
      [execStart(broken), 'error', /broken\/holdfast does not run: needs Node 26/],
      [{ PrivateTmp: 'yes' }, 'error', /temporary directory, which holdfast-etc\.service does not see/],
      [null, 'error', /^holdfast-etc\.service is not there/],
      [{ Result: 'exit-code', ExecMainStatus: '226' }, 'error', /could not begin the program .* status=226/],
      [{ Result: 'exit-code', ExecMainStatus: '1' }, 'warning', /^the last run of .* ended with exit code 1$/],
      [{ Result: 'oom-kill', ExecMainStatus: '9' }, 'warning', /ended by oom-kill/],
      [{ NeedDaemonReload: 'yes' }, 'warning', /changed since systemd read it/],
    ];
    for (const [properties, level, expected] of cases) {
      const findings = await examined(systemd({ 'holdfast-etc.service': properties }));
      assert.deepEqual(
        findings.map((finding) => `${finding.level} ${finding.subject}`),
        [`${level} backup etc`],
        JSON.stringify(findings),
      );
      assert.match(findings[0]!.text, expected);
    }
  });

  it('is a service for the daemon, which must run it', async () => {
    const unit = { ...SERVICE, UnitFileState: 'enabled' };
    const findings = await examined(systemd({ 'holdfast.service': { ...unit, ActiveState: 'failed' } }));
    assert.deepEqual(
      findings.map(({ level, subject }) => `${level} ${subject}`),
      ['error daemon'],
    );
    const unused = systemd({ 'holdfast.service': { ...unit, UnitFileState: 'disabled' } });
    assert.deepEqual(await found(unused), ['ok all']);
    using _lock = lockStateDirectory({ stateDirectory: config.stateDirectory, holder: 'process 4711 on head1' });
    const running = (state: string): Processes =>
      systemd({ 'holdfast.service': { ...unit, ActiveState: 'active', UnitFileState: state } });
    assert.deepEqual(await found(running('enabled')), ['ok daemon']);
    assert.deepEqual(await found(running('disabled')), ['ok daemon', 'warning daemon']);
  });

  it('is the crontab that holdfast writes', async () => {
    const file = at('crontab');
    for (const given of [program, programIn("hold fast 100% it's")]) {
      const options = { program: given, configFile: '/etc/holdfast.yaml', machineTimezone: 'UTC' };
      writeFileSync(file, crontab(config, options).text);
      assert.deepEqual(await found(cronOnly, file), ['ok all'], given);
    }
  });

  it('is a line that a person wrote, for what it names', async () => {
    const file = at('own');
    writeFileSync(file, `PATH=${at('opt')}\n5 1 * * * cd / && holdfast -q run etc; holdfast run --verify=main 2>&1\n`);
    assert.deepEqual(await found(cronOnly, file), ['warning backup home', 'warning prune main']);
    const others = systemd({ 'holdfast-etc.timer': null, 'holdfast_verify-main.timer': null });
    assert.deepEqual(await found(others, file), ['ok all'], 'together with timers');
    writeFileSync(file, `0 1 * * * root sh -c "${ALL.replaceAll('holdfast', program)}"\n`);
    assert.deepEqual(await found(cronOnly, file), ['ok all']);
  });

  it('is no line whose program is not there', async () => {
    const file = at('gone');
    for (const [line, expected] of [
      ['/usr/none/holdfast run etc', /^\/usr\/none\/holdfast is not there/],
      ['holdfast run etc', /^holdfast is not there: it is not in PATH=\/usr\/bin:\/bin$/],
    ] as const) {
      writeFileSync(file, `0 1 * * * root ${line}\n`);
      const findings = await examined(systemd(), file);
      assert.deepEqual(
        findings.map(({ level, subject }) => `${level} ${subject}`),
        [`error ${file}`],
      );
      assert.match(findings[0]!.text, expected);
    }
  });

  it('is no file that cron does not take', async () => {
    const text = `0 1 * * * root ${ALL.replaceAll('holdfast', program)}\n`;
    const cases: [string, number, RegExp][] = [
      ['cron.d/holdfast.cron', 0o644, /files of such a name/],
      ['cron.d/holdfast', 0o664, /others than its owner may write/],
      ['cron.daily/holdfast', 0o644, /is not executable/],
    ];
    for (const [name, mode, expected] of cases) {
      if (name.includes('.cron') && !existsSync('/etc/debian_version')) continue;
      writeFileSync(at(name), text);
      chmodSync(at(name), mode);
      const findings = await examined(cronOnly);
      rmSync(at(name));
      assert.deepEqual(
        findings.map(({ level, subject }) => `${level} ${subject}`),
        [`error ${at(name)}`],
      );
      assert.match(findings[0]!.text, expected);
    }
    writeFileSync(at('cron.d/holdfast'), text, { mode: 0o644 });
    const place: CronPlace[] = [{ path: at('cron.d'), kind: 'system' }];
    const parts = { config, processes: cronOnly, signal, cronPlaces: place, cronOwnerUid: process.getuid!() + 1 };
    const [finding] = await examineBeginning(parts);
    assert.match(finding!.text, /not owned by root/);
    assert.deepEqual(await found(), ['ok all']);
  });
});
