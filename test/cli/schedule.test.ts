import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { PROGRAM, runHoldfast } from './in-process.ts';

const directory = mkdtempSync(join(tmpdir(), 'holdfast-schedule-'));
after(() => rmSync(directory, { recursive: true }));

const configFile = join(directory, 'hold fast.yaml');
writeFileSync(
  configFile,
  `vaults: { main: { url: /srv/vault, password: { credential: vault }, verify: { schedule: 04:00 } } }
plans: { etc: { vault: main, sources: [{ files: [/etc] }], schedule: Mon..Fri 22:30 } }
`,
  { mode: 0o600 },
);

function schedule(...args: string[]): ReturnType<typeof runHoldfast> {
  return runHoldfast(['schedule', ...args, '--config', configFile], {});
}

describe('schedule', () => {
  it('shows the next times of everything', async () => {
    const { status, text } = await schedule('show', '--count', '2');
    assert.equal(status, 0);
    assert.equal(text.match(/backup +etc/g)?.length, 2);
    assert.equal(text.match(/verify +main/g)?.length, 2);
    const { text: json } = await schedule('show', '--json');
    const turns = json
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>);
    assert.deepEqual(
      turns.map((turn) => turn['message_type']),
      [...Array(6).fill('turn'), 'summary'],
    );
    const times = turns.slice(0, 6).map((turn) => turn['time']!);
    assert.deepEqual(times, times.toSorted());
  });

  it('prints units, and writes them for all to read', async () => {
    const { text } = await schedule('systemd', '--program', '/bin/sh');
    assert.match(text, /^ExecStart=\/bin\/sh run etc --config ".*hold fast\.yaml"$/m);
    const { status, stderr } = await schedule('systemd', '--write', directory);
    assert.equal(status, 3);
    assert.match(stderr, /hold fast\.yaml is in a temporary directory/);
    const written = readdirSync(directory).filter((name) => /\.(service|timer)$/.test(name));
    assert.deepEqual(written.sort(), [
      'holdfast-etc.service',
      'holdfast-etc.timer',
      'holdfast_verify-main.service',
      'holdfast_verify-main.timer',
    ]);
    assert.equal(statSync(join(directory, written[0]!)).mode & 0o777, 0o644);
    await schedule('systemd', '--daemon', '--write', directory);
    const daemon = readFileSync(join(directory, 'holdfast.service'), 'utf8');
    assert.ok(daemon.includes(`\nExecStart=${PROGRAM} serve --config `));
    assert.doesNotMatch(daemon, /PrivateTmp=yes/, 'the configuration lies there');
  });

  it('names no program that is not there', async () => {
    const folder = mkdtempSync(join(directory, 'none-'));
    writeFileSync(join(folder, 'no-program'), '', { mode: 0o644 });
    for (const program of ['/usr/none/holdfast', join(folder, 'no-program'), folder])
      for (const form of ['systemd', 'crontab']) {
        const refused = await schedule(form, '--program', program, '--write', folder);
        assert.equal(refused.status, 2);
        assert.match(refused.stderr, /is not there, or is no program\nhint: .*--program PATH/);
        assert.deepEqual(readdirSync(folder), ['no-program']);
        const printed = await schedule(form, '--program', program);
        assert.equal(printed.status, 3);
        assert.match(printed.stderr, /^warning: .* is not there, or is no program$/m);
        assert.ok(printed.text.includes(program));
      }
  });

  it('names the program by the path by which it was begun', () => {
    const link = join(directory, 'linked');
    symlinkSync(PROGRAM, link);
    const programOf = (command: string, options: { cwd?: string; PATH?: string }): string | undefined => {
      const env = { PATH: options.PATH ?? '/usr/bin:/bin' };
      const args = ['schedule', 'crontab', '--config', configFile];
      const { stdout } = spawnSync(command, args, { env, cwd: options.cwd, encoding: 'utf8' });
      return / root (\S+) run etc /.exec(stdout)?.[1];
    };
    assert.equal(programOf(PROGRAM, {}), PROGRAM);
    assert.equal(programOf(link, {}), link);
    assert.equal(programOf('linked', { PATH: `${directory}:/usr/bin:/bin` }), link);
    assert.equal(programOf('./linked', { cwd: directory }), link);
    assert.equal(programOf('../bin/holdfast', { cwd: join(dirname(PROGRAM), '../src') }), PROGRAM);
    assert.equal(programOf(`${dirname(PROGRAM)}/../bin/./holdfast`, {}), PROGRAM);
  });

  it('prints a crontab', async () => {
    const { status, text } = await schedule('crontab');
    assert.equal(status, 3);
    assert.ok(text.includes(`\n30 22 * * 1-5 root ${PROGRAM} run etc --quiet --config '${configFile}'\n`), text);
  });

  it('says what it does not understand', async () => {
    const wrong = [
      ['launchd'],
      ['show', '--count', '0'],
      ['crontab', '--daemon'],
      ['systemd', '--program', '/a\nb'],
      [],
    ];
    for (const args of wrong) assert.equal((await schedule(...args)).status, 2, args.join(' '));
    const missing = await schedule('systemd', '--write', join(directory, 'missing'));
    assert.equal(missing.status, 1);
    assert.match(missing.stderr, /cannot write .*missing/);
  });
});
