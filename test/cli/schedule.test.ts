import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { runHoldfast } from './in-process.ts';

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
    const { text } = await schedule('systemd', '--program', '/opt/holdfast');
    assert.match(text, /^ExecStart=\/opt\/holdfast run etc --config ".*hold fast\.yaml"$/m);
    const { status } = await schedule('systemd', '--write', directory);
    assert.equal(status, 0);
    const written = readdirSync(directory).filter((name) => /\.(service|timer)$/.test(name));
    assert.deepEqual(written.sort(), [
      'holdfast-etc.service',
      'holdfast-etc.timer',
      'holdfast_verify-main.service',
      'holdfast_verify-main.timer',
    ]);
    assert.equal(statSync(join(directory, written[0]!)).mode & 0o777, 0o644);
    await schedule('systemd', '--daemon', '--write', directory);
    assert.match(readFileSync(join(directory, 'holdfast.service'), 'utf8'), /holdfast serve --config/);
  });

  it('prints a crontab', async () => {
    const { status, text } = await schedule('crontab');
    assert.equal(status, 0);
    assert.match(text, /^30 22 \* \* 1-5 root \/usr\/bin\/holdfast run etc --quiet --config '.*hold fast\.yaml'$/m);
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
