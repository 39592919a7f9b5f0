/** The units that `schedule systemd` writes, under a real systemd: they start, may do what a run needs, and no more. */
import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { after, before, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describePeer } from '../peers.ts';
import { SystemdMachine } from '../systemd-machine.ts';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const PROGRAM = `${CHECKOUT}/bin/holdfast`;
/** Prints a page, or nothing when nobody answers. */
const FETCH = `fetch(process.argv[1]).then((page) => page.text()).then((text) => process.stdout.write(text), () => {})`;
const WAIT_MS_MAX = 60_000;

const CONFIG = {
  vaults: { main: { url: '/srv/vault', password: { credential: 'holdfast-main' } } },
  plans: {
    etc: { vault: 'main', sources: [{ files: ['/etc/systemd'] }], schedule: '*:*:0/3' },
    bad: { vault: 'main', sources: [{ files: ['/nonexistent'] }], schedule: 'yearly' },
    curious: {
      vault: 'main',
      sources: [{ command: ['sh', '-c', 'echo no >/etc/written 2>/dev/null; id -u'], as: 'id' }],
      schedule: 'yearly',
    },
  },
  daemon: { listen: '127.0.0.1:9417' },
};

describePeer('units under systemd', ['root', 'systemd-analyze'], () => {
  let machine: SystemdMachine;
  before(async () => {
    machine = await SystemdMachine.boot(CHECKOUT);
    good('mkdir', '-p', '/etc/holdfast', '/etc/credstore', '/srv', '/etc/systemd/system');
    machine.write('/etc/credstore/holdfast-main', 'secret');
    machine.write('/etc/holdfast/holdfast.yaml', JSON.stringify(CONFIG));
    good(PROGRAM, 'init', '-r', '/srv/vault', '-p', '/etc/credstore/holdfast-main');
    good(PROGRAM, 'schedule', 'systemd', '--write', '/etc/systemd/system');
    good(PROGRAM, 'schedule', 'systemd', '--daemon', '--write', '/etc/systemd/system');
    good('systemctl', 'daemon-reload');
  });
  after(() => machine[Symbol.asyncDispose]());

  function good(...command: [string, ...string[]]): string {
    const { status, stdout, stderr } = machine.run(...command);
    assert.equal(status, 0, `${command.join(' ')}: ${stdout}${stderr}${journal()}`);
    return stdout;
  }

  function journal(): string {
    return machine.run('journalctl', '-n', '30').stdout;
  }

  function show(unit: string, property: string): string {
    return good('systemctl', 'show', '--value', '-p', property, unit).trim();
  }

  function plan(name: string): Record<string, unknown> {
    const [line = '{}'] = machine.run(PROGRAM, 'status', name, '--json').stdout.split('\n');
    return JSON.parse(line) as Record<string, unknown>;
  }

  /** What it says of the area `schedule`. */
  function doctor(): string[] {
    const lines = machine.run(PROGRAM, 'doctor', '--json').stdout.trim().split('\n');
    const findings = lines.map((line) => JSON.parse(line) as Record<string, string>);
    const ours = findings.filter(({ area }) => area === 'schedule');
    return ours.map(({ level, subject, text }) => `${level} ${subject}: ${text}`);
  }

  async function until(what: string, is: () => boolean): Promise<void> {
    for (const endMs = performance.now() + WAIT_MS_MAX; !is(); await sleep(200))
      assert.ok(performance.now() < endMs, `${what} did not come: ${journal()}`);
  }

  it('a run reads, stores, proves and takes down within its unit, with a credential', () => {
    good('systemctl', 'start', 'holdfast-etc.service');
    assert.equal(show('holdfast-etc.service', 'Result'), 'success');
    const { state, proven_point } = plan('etc');
    assert.equal(state, 'ok', JSON.stringify(plan('etc')));
    assert.notEqual(proven_point, null);
    good('systemctl', 'start', 'holdfast_verify-main.service');
  });

  it('a run that fails is a unit that failed', () => {
    assert.notEqual(machine.run('systemctl', 'start', 'holdfast-bad.service').status, 0);
    assert.equal(show('holdfast-bad.service', 'ExecMainStatus'), '1');
    assert.equal(plan('bad')['state'], 'failed');
  });

  it('a program of a plan may not write outside', () => {
    good('systemctl', 'start', 'holdfast-curious.service');
    assert.equal(plan('curious')['state'], 'ok');
    assert.notEqual(machine.run('test', '-e', '/etc/written').status, 0);
  });

  it('the units name the program as it was begun, from wherever it lies', () => {
    assert.ok(show('holdfast-etc.service', 'ExecStart').startsWith(`{ path=${PROGRAM} ; `));
    for (const link of ['/root/bin/holdfast', '/home/alice/holdfast', '/tmp/holdfast', '/usr/local/bin/holdfast']) {
      good('mkdir', '-p', dirname(link));
      good('ln', '-sf', PROGRAM, link);
      const { status } = machine.run(link, 'schedule', 'systemd', '--write', '/etc/systemd/system');
      assert.equal(status, link.startsWith('/tmp/') ? 3 : 0, 'it warns of what is temporary');
      good('systemctl', 'daemon-reload');
      assert.ok(show('holdfast-etc.service', 'ExecStart').startsWith(`{ path=${link} ; `));
      good('systemctl', 'start', 'holdfast-etc.service');
    }
  });

  it('the doctor sees whether timers will begin runs, and how the last ones ended', () => {
    const timers = ['etc', 'bad', 'curious'].map((name) => `holdfast-${name}.timer`);
    const all = [...timers, 'holdfast_verify-main.timer'];
    // None shall begin a run by itself meanwhile.
    const rare = '/etc/systemd/system/holdfast-etc.timer.d';
    good('mkdir', rare);
    machine.write(`${rare}/rare.conf`, '[Timer]\nOnCalendar=\nOnCalendar=yearly\n', '0644');
    good('systemctl', 'daemon-reload');
    good('systemctl', 'reset-failed');
    good('systemctl', 'enable', '--now', ...all);
    assert.deepEqual(doctor(), ['ok all: timers of systemd or cron begin what is due']);
    machine.run('systemctl', 'start', 'holdfast-bad.service');
    assert.deepEqual(doctor(), ['warning backup bad: the last run of holdfast-bad.service ended with exit code 1']);
    good('systemctl', 'reset-failed');
    good('rm', '/usr/local/bin/holdfast');
    const gone = doctor();
    assert.equal(gone.length, all.length, gone.join('\n'));
    for (const line of gone) assert.match(line, /^error .*: \/usr\/local\/bin\/holdfast is not there/);
    machine.run('systemctl', 'start', 'holdfast-curious.service');
    assert.equal(show('holdfast-curious.service', 'ExecMainStatus'), '203');
    good('ln', '-s', PROGRAM, '/usr/local/bin/holdfast');
    assert.deepEqual(doctor(), [
      'warning backup curious: the last time, systemd could not begin the program of holdfast-curious.service: status=203',
    ]);
    good('systemctl', 'start', 'holdfast-curious.service');
    good('systemctl', 'disable', timers[0]!);
    good('systemctl', 'stop', timers[1]!);
    const [etc, bad, ...rest] = doctor();
    assert.match(etc!, /^warning backup etc: holdfast-etc\.timer is not enabled/);
    assert.match(bad!, /^warning backup bad: holdfast-bad\.timer is not active/);
    assert.deepEqual(rest, []);
    good('systemctl', 'disable', '--now', ...all);
    good('rm', '-r', rare);
    good('systemctl', 'daemon-reload');
  });

  it('timers begin runs', async () => {
    const runs = (): number => good(PROGRAM, 'history', 'etc', '--json').split('"status":"success"').length - 1;
    const before = runs();
    good('systemctl', 'start', 'holdfast-etc.timer');
    await until('two runs by the timer', () => runs() >= before + 2);
    good('systemctl', 'stop', 'holdfast-etc.timer');
  });

  it('the daemon starts, answers, takes a new configuration, and stops in order', async () => {
    good('systemctl', 'start', 'holdfast.service');
    const page = (path: string): string =>
      machine.run(process.execPath, '-e', FETCH, `http://127.0.0.1:9417${path}`).stdout;
    await until('the health page', () => page('/healthz') === 'ok\n');
    const first = Number(show('holdfast.service', 'MainPID'));
    const plans = { ...CONFIG.plans, added: { ...CONFIG.plans.etc, schedule: 'yearly' } };
    machine.write('/etc/holdfast/holdfast.yaml', JSON.stringify({ ...CONFIG, plans }));
    good('systemctl', 'reload', 'holdfast.service');
    await until('the new plan', () => page('/metrics').includes('plan="added"'));
    assert.equal(Number(show('holdfast.service', 'MainPID')), first);
    await until('a run by the daemon', () => /holdfast_runs_total\{kind="backup",subject="etc"/.test(page('/metrics')));
    good('systemctl', 'stop', 'holdfast.service');
    assert.deepEqual(
      [show('holdfast.service', 'Result'), show('holdfast.service', 'ActiveState')],
      ['success', 'inactive'],
    );
    assert.doesNotMatch(good(PROGRAM, 'history', '--json'), /"status":"running"/);
  });

  it('the daemon is begun again when it was killed, and not when its configuration is wrong', async () => {
    good('systemctl', 'start', 'holdfast.service');
    good('systemctl', 'kill', '-s', 'KILL', '--kill-whom', 'main', 'holdfast.service');
    await until('its restart', () => show('holdfast.service', 'SubState') === 'auto-restart');
    good('systemctl', 'stop', 'holdfast.service');
    machine.write('/etc/holdfast/holdfast.yaml', 'plans: [');
    machine.run('systemctl', 'start', 'holdfast.service');
    await until('its end', () => show('holdfast.service', 'ActiveState') === 'failed');
    assert.equal(show('holdfast.service', 'ExecMainStatus'), '2');
  });
});
