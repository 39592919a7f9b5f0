import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { configOf } from '../../test/daemon/world.ts';
import { describePeer, requirePeer } from '../../test/peers.ts';
import type { Config } from '../config.ts';
import { crontab } from './crontab.ts';
import { nextTurns } from './turns.ts';
import { daemonUnit, timerUnits, type UnitOptions } from './units.ts';

const options: UnitOptions = { program: '/usr/bin/holdfast', configFile: '/etc/holdfast/holdfast.yaml' };

async function config(): Promise<Config> {
  return configOf({
    timezone: 'Europe/Berlin',
    stateDirectory: '/var/lib/holdfast',
    vaults: {
      main: {
        url: '/srv/backup 100%/vault',
        password: { credential: 'vault-password' },
        verify: { schedule: '04:00' },
        prune: { schedule: 'Sun 05:00' },
      },
      remote: { url: 'sftp:backup@host:/vault', verify: { schedule: '*:0/15' } },
    },
    plans: {
      etc: { schedule: { at: 'Mon..Fri 22:30', randomDelay: '10m' } },
      all: {
        vault: 'remote',
        sources: [{ files: ['/'] }, { command: ['pg_dumpall'], as: 'all.sql' }],
        schedule: { at: '*-*-01 01:00', timezone: 'UTC', catchUp: false },
      },
      byHand: {},
    },
    daemon: { textfile: '/var/lib/node_exporter/holdfast.prom' },
  });
}

async function unitOf(name: string): Promise<string> {
  const unit = timerUnits(await config(), options).find((each) => each.name === name);
  assert.ok(unit !== undefined, name);
  return unit.text;
}

describe('units of systemd', () => {
  it('are a service and a timer for each schedule', async () => {
    assert.deepEqual(
      timerUnits(await config(), options)
        .map(({ name }) => name)
        .filter((name) => name.endsWith('.timer')),
      [
        'holdfast-etc.timer',
        'holdfast-all.timer',
        'holdfast_verify-main.timer',
        'holdfast_verify-remote.timer',
        'holdfast_prune-main.timer',
      ],
    );
  });

  it('have the times of the schedule, its delay, and what is made up for', async () => {
    const etc = await unitOf('holdfast-etc.timer');
    assert.match(etc, /^OnCalendar=Mon\.\.Fri .*22:30:00 Europe\/Berlin$/m);
    assert.match(etc, /^RandomizedDelaySec=600s$/m);
    assert.match(etc, /^Persistent=true$/m);
    assert.match(await unitOf('holdfast-all.timer'), /^Persistent=false$/m);
    assert.match(await unitOf('holdfast_prune-main.timer'), /^Persistent=false$/m);
  });

  it('run the same as the daemon would, with everything escaped', async () => {
    const strange = { program: '/opt/hold fast/100%/$HOME', configFile: '/etc/a "b"\\c.yaml' };
    const text = timerUnits(await config(), strange).find(({ name }) => name === 'holdfast-etc.service')!.text;
    assert.match(
      text,
      /^ExecStart="\/opt\/hold fast\/100%%\/\$\$HOME" run etc --config "\/etc\/a \\"b\\"\\\\c\.yaml"$/m,
    );
    assert.match(
      await unitOf('holdfast_verify-main.service'),
      /^ExecStart=\/usr\/bin\/holdfast run --verify main --config /m,
    );
  });

  it('may write to no more than the ledger, the vaults and the textfile', async () => {
    const etc = await unitOf('holdfast-etc.service');
    const writable = [...etc.matchAll(/^ReadWritePaths=(.*)$/gm)].map((match) => match[1]);
    assert.deepEqual(writable, ['-/var/lib/holdfast', '"-/srv/backup 100%%/vault"', '-/var/lib/node_exporter']);
    assert.match(etc, /^LoadCredential=vault-password:\/etc\/credstore\/vault-password$/m);
    assert.match(etc, /^PrivateTmp=yes$/m);
    assert.match(etc, /^CapabilityBoundingSet=CAP_DAC_READ_SEARCH CAP_FOWNER$/m);
  });

  it('show the real directories to what backs them up', async () => {
    const all = await unitOf('holdfast-all.service');
    assert.doesNotMatch(all, /PrivateTmp|PrivateDevices|vault-password/);
    assert.match(all, /CAP_SETUID/);
  });

  it('let the daemon do all that its plans need', async () => {
    const { name, text } = daemonUnit(await config(), options);
    assert.equal(name, 'holdfast.service');
    assert.match(text, /^ExecReload=\/bin\/kill -HUP \$MAINPID$/m);
    assert.match(text, /^Restart=on-failure$/m);
    assert.match(text, /srv\/backup 100%%/);
    assert.doesNotMatch(text, /PrivateTmp/);
  });
});

describePeer('units before systemd', ['systemd-analyze'], () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-units-'));
    writeFileSync(join(directory, 'hold fast 5%'), '#!/bin/sh\n', { mode: 0o755 });
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  async function written(): Promise<string[]> {
    const given = { program: join(directory, 'hold fast 5%'), configFile: '/etc/hold fast/$x %i.yaml' };
    const files = [...timerUnits(await config(), given), daemonUnit(await config(), given)];
    mkdirSync(join(directory, 'units'), { recursive: true });
    return files.map(({ name, text }) => {
      const path = join(directory, 'units', name);
      writeFileSync(path, text, { mode: 0o644 });
      return path;
    });
  }

  it('are right', async () => {
    const paths = await written();
    const said = spawnSync(requirePeer('systemd-analyze'), ['verify', '--man=no', '--recursive-errors=no', ...paths], {
      encoding: 'utf8',
    });
    const about = `${said.stdout}${said.stderr}`
      .split('\n')
      .filter((line) => line.includes(directory) || /holdfast/.test(line));
    assert.deepEqual(about, []);
    assert.equal(said.status, 0, said.stderr);
  });

  it('have times that systemd reads', async () => {
    const values = timerUnits(await config(), options).flatMap(({ text }) =>
      [...text.matchAll(/^OnCalendar=(.*)$/gm)].map((match) => match[1]!),
    );
    assert.equal(values.length, 5);
    for (const value of values) execFileSync(requirePeer('systemd-analyze'), ['calendar', value], { stdio: 'pipe' });
  });

  it('are exposed to little', async () => {
    for (const path of (await written()).filter((each) => each.endsWith('.service'))) {
      const said = spawnSync(requirePeer('systemd-analyze'), ['security', '--offline=true', '--threshold=55', path], {
        encoding: 'utf8',
        env: { ...process.env, SYSTEMD_COLORS: '0' },
      });
      assert.equal(
        said.status,
        0,
        `${path}: ${said.stdout.split('\n').filter((line) => /Overall/.test(line))}${said.stderr}`,
      );
      assert.match(said.stdout, /Overall exposure level/);
    }
  });
});

describe('crontab', () => {
  it('has the lines that cron can do, in its own time zone, and names the others', async () => {
    const { text, problems } = crontab(await config(), {
      ...options,
      configFile: "/etc/it's 100%.yaml",
      machineTimezone: 'Europe/Berlin',
    });
    const lines = text.split('\n').filter((line) => / root /.test(line));
    assert.deepEqual(
      lines[0],
      `30 22 * * 1-5 root /usr/bin/holdfast run etc --quiet --config '/etc/it'\\''s 100\\%.yaml'`,
    );
    assert.equal(lines.length, 4);
    assert.deepEqual(problems, ['backup all: cron goes by the time zone of the machine, Europe/Berlin, not by UTC']);
    assert.ok(text.endsWith('\n'));
  });
});

describe('times to come', () => {
  it('are those of everything, the soonest first', async () => {
    const nowMs = Date.parse('2026-11-20T12:00:00Z');
    const turns = nextTurns(await config(), { nowMs, count: 2 });
    assert.equal(turns.length, 10);
    assert.deepEqual(
      turns.map(({ dueMs }) => dueMs),
      turns.map(({ dueMs }) => dueMs).toSorted((a, b) => a - b),
    );
    const etc = turns.filter(({ subject }) => subject === 'etc');
    assert.deepEqual(
      etc.map(({ dueMs }) => new Date(dueMs).toISOString()),
      ['2026-11-20T21:30:00.000Z', '2026-11-23T21:30:00.000Z'],
    );
    assert.match(etc[0]!.describes, /22:30.*up to 10 min later/);
  });
});
