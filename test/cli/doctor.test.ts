/** `doctor` as a person runs it: a machine where all is well, and then one thing after the other that is not. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { describePeer } from '../peers.ts';
import { freePort } from '../sshd.ts';
import { PROGRAM, recordsOf, runHoldfast } from './in-process.ts';

type Json = Record<string, unknown>;

const directory = mkdtempSync(join(tmpdir(), 'holdfast-doctor-'));
const at = (name: string): string => join(directory, name);
const environment = { PATH: process.env['PATH']!, HOME: directory };
const configFile = at('holdfast.yaml');

before(async () => {
  for (const name of ['home', 'state']) mkdirSync(at(name), { mode: 0o700 });
  for (const name of ['password', 'excludes']) writeFileSync(at(name), 'correct horse', { mode: 0o600 });
  writeFileSync(at('sendmail'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  const made = await runHoldfast(['init', '-r', at('vault'), '--password-file', at('password')], environment);
  assert.equal(made.status, 0, made.stderr);
});
after(() => rmSync(directory, { recursive: true }));

interface Given {
  source?: Json;
  mail?: Json;
  plan?: Json;
  stateDirectory?: string;
}

function configure({ source = {}, mail = {}, plan = {}, stateDirectory = at('state') }: Given = {}): void {
  const config = {
    stateDirectory,
    vaults: { main: { url: at('vault'), password: { file: at('password') } } },
    plans: {
      home: {
        vault: 'main',
        schedule: '22:00',
        sources: [{ files: [at('home')], excludeFile: [at('excludes')], ...source }],
        hooks: { before: [{ command: ['sh', '-c', `touch ${at('ran')}`] }] },
        ...plan,
      },
    },
    notifications: {
      targets: { admins: { mail: { to: ['root@example.org'], sendmail: at('sendmail'), ...mail } } },
      routes: [{ to: ['admins'] }],
    },
  };
  writeFileSync(configFile, JSON.stringify(config), { mode: 0o600 });
}

async function doctor(): Promise<{ status: number; found: (area: string) => Json[]; text: string }> {
  const result = await runHoldfast(['doctor', '--json', '--config', configFile], environment);
  const records = recordsOf(result);
  const found = (area: string): Json[] => records.filter((each) => each['area'] === area);
  return { status: result.status, found, text: result.text };
}

/** That this is an error of the area, with a remedy, and the only one. */
async function expectError(area: string, text: RegExp): Promise<void> {
  const { status, found, text: all } = await doctor();
  const errors = found(area).filter(({ level }) => level === 'error');
  assert.deepEqual([status, errors.length], [1, 1], all);
  assert.match(String(errors[0]!['text']), text);
  assert.notEqual(errors[0]!['remedy'], '');
  assert.equal(all.match(/"level":"error"/g)!.length, 1, all);
}

describe('doctor', () => {
  it('finds nothing in the way where all is well, by area, and runs and changes nothing', async () => {
    configure();
    const { status, stdout, text } = await runHoldfast(['doctor', '--config', configFile], environment);
    assert.equal(status, 0, text);
    assert.match(stdout.toString(), /^Nothing stops a run; \d+ warnings?\.$/m);
    assert.doesNotMatch(text, /^✘/m);
    for (const line of [
      /^✔ state .*state: can be written to$/m,
      /^✔ ledger .*: is not there yet; the first run makes it$/m,
      /^✔ secret vaults\.main\.password: can be read$/m,
      /^✔ source plans\.home\.sources\[0\]\.excludeFile\[0\]: .*excludes is there$/m,
      /^✔ tool sh: .*\/sh$/m,
      /^✔ vault main: .* opens, and takes a lock$/m,
      /^✔ vault main: nobody else has a lock/m,
      /^✔ space main: .* free; nothing ran yet to judge it by$/m,
      /^✔ notification admins: .*sendmail is there/m,
      /^! configuration vaults: no plan has a vault with offsite/m,
    ])
      assert.match(text, line);
    const areas = [...text.matchAll(/^[✔!✘] (\w+) /gm)].map(([, area]) => area);
    assert.deepEqual(
      areas.filter((area, index) => area !== areas[index - 1]).length,
      new Set(areas).size,
      areas.join(),
    );
    assert.throws(() => chmodSync(at('ran'), 0), { code: 'ENOENT' }, 'hooks are not run');
    const { text: locks } = await runHoldfast(
      ['-r', at('vault'), '--password-file', at('password'), 'unlock', '--json'],
      environment,
    );
    assert.doesNotMatch(locks, /"message_type":"lock"/, 'its lock is gone');
  });

  it('sees a source and an exclude file that are not there', async () => {
    configure({ source: { files: [at('home'), at('nowhere')] } });
    await expectError('source', /nowhere is not there/);
    configure({ source: { excludeFile: [at('no-excludes')] } });
    await expectError('source', /no-excludes is not there/);
  });

  it('sees who can read a secret, and one that cannot be read', async () => {
    configure();
    chmodSync(at('password'), 0o644);
    const open = await doctor();
    const warning = open.found('secret').find(({ level }) => level === 'warning');
    chmodSync(at('password'), 0o600);
    assert.equal(open.status, 0);
    assert.match(String(warning!['text']), /password can be read by everyone on this machine/);
    assert.match(String(warning!['remedy']), /chmod 600.*holdfast\.yaml:1:\d+$/);
    renameSync(at('password'), at('elsewhere'));
    const missing = await doctor();
    renameSync(at('elsewhere'), at('password'));
    assert.equal(missing.status, 1);
    assert.match(JSON.stringify(missing.found('secret')), /cannot read the secret file .*password \(ENOENT\)/);
    assert.equal(missing.found('vault')[0]!['level'], 'error');
  });

  it('sees mail that would not leave', async () => {
    configure({ mail: { sendmail: '/nonexistent/sendmail' } });
    await expectError('notification', /admins: \/nonexistent\/sendmail is not there/);
    const port = await freePort();
    configure({ mail: { smtp: { host: '127.0.0.1', port, tls: 'none', user: 'u', password: { value: 'hunter22' } } } });
    await expectError('notification', /admins: 127\.0\.0\.1 refused the connection/);
  });

  it('sees a program and a vault that are not there', async () => {
    configure({ plan: { hooks: { before: [{ command: ['no-such-program'] }] } } });
    await expectError('tool', /is not there/);
    configure();
    renameSync(at('vault'), at('moved'));
    const noVault = await doctor();
    renameSync(at('moved'), at('vault'));
    assert.equal(noVault.status, 1);
    assert.match(JSON.stringify(noVault.found('vault')), /no vault here.*holdfast init -r/);
  });

  it('takes no offence at a state directory that the first run makes, but at one that cannot be made', async () => {
    const states = async (stateDirectory: string): Promise<string[]> => {
      configure({ stateDirectory, source: { minFiles: 0 } });
      return (await doctor()).found('state').map(({ level, text, remedy }) => `${level} ${text} ${remedy}`);
    };
    const [made] = await states(at('new/deep'));
    assert.equal(made, `ok is not there yet; the first run makes it in ${directory} `);
    const ran = await runHoldfast(['run', 'home', '--config', configFile], environment);
    assert.equal(ran.status, 0, ran.stderr);
    assert.deepEqual(await states(at('new/deep')), ['ok can be written to ']);
    const [inFile] = await states(at('password/state'));
    assert.match(inFile!, /^error .*ENOTDIR.*install -d -m 0700/);
    symlinkSync(at('nowhere'), at('dangling'));
    const [dangling] = await states(at('dangling'));
    assert.match(dangling!, /^error ENOENT/);
    const [file] = await states(at('password'));
    assert.match(file!, /^error .*password is no directory/);
  });

  it('ends with the errors of a configuration that is none', async () => {
    writeFileSync(configFile, 'plans: 5\n');
    const { status, stderr } = await runHoldfast(['doctor', '--config', configFile], environment);
    assert.equal(status, 2);
    assert.match(stderr, /holdfast\.yaml:1:1: plans: expected names/);
  });
});

describePeer('doctor on a file system that is read-only', ['root'], () => {
  it('sees that the state directory cannot be made', () => {
    mkdirSync(at('read-only'));
    configure({ stateDirectory: at('read-only/state') });
    const script = 'mount -t tmpfs -o ro tmpfs "$1" && exec "$2" doctor --json --config "$3"';
    const args = ['--mount', 'sh', '-c', script, 'sh', at('read-only'), PROGRAM, configFile];
    const { stdout } = spawnSync('unshare', args, { env: environment, encoding: 'utf8' });
    const found = stdout.split('\n').find((line) => line.includes('"area":"state"'));
    assert.match(String(found), /"level":"error","text":"is not there, and cannot be made: .*EROFS.*install -d/);
  });
});
