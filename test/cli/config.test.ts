// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a configuration look like that
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config.ts';
import { folderOf, VAULT } from '../configurations.ts';
import { type RunResult, recordsOf, runHoldfast } from './in-process.ts';

const run = (folder: string, ...args: string[]): Promise<RunResult> =>
  runHoldfast(['-c', join(folder, 'holdfast.yaml'), ...args], { PATH: process.env['PATH']! });

const init = (folder: string, ...args: string[]): Promise<RunResult> =>
  run(folder, '-r', join(folder, 'vault'), 'config', 'init', '--path', folder, ...args);

const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe('config init', () => {
  it('writes a configuration that passes the check, and a password that only its owner reads', async () => {
    const folder = folderOf({ x: '' });
    const written = await init(folder, '--yes', '--new-password');
    assert.equal(written.status, 0, written.stderr);
    const file = join(folder, 'holdfast.yaml');
    assert.match(readFileSync(file, 'utf8'), /^# Configuration of Holdfast\.\n/);
    const password = readFileSync(join(folder, 'vault-password'), 'utf8');
    assert.match(password, /^[A-Za-z0-9_-]{32}\n$/);
    assert.deepEqual([modeOf(file), modeOf(join(folder, 'vault-password'))], [0o600, 0o600]);
    assert.doesNotMatch(`${written.text}${written.stderr}`, new RegExp(password.trim()));
    const { config } = await loadConfig({ file, environment: {} });
    assert.equal(config.vaults['main']!.url, join(folder, 'vault'));
    assert.deepEqual(config.vaults['main']!.password, { file: join(folder, 'vault-password') });
    assert.deepEqual(config.notifications.targets['admin']!.mail!.to, ['root']);
    const checked = await run(folder, 'config', 'check', '--text-only', '--json');
    assert.deepEqual(
      recordsOf(checked).map(({ message_type, path }) => path ?? message_type),
      ['vaults', 'summary'],
    );
  });

  it('takes what it is given, whatever stands in it', async () => {
    const folder = folderOf({});
    const paths = ['/a: b', '/c, [d]', '/${HOME}', '/#e', '/\'f"', '/g\\h', '/ü', '- i', '/{j}'];
    const flags = paths.flatMap((path) => ['--path', path]);
    const written = await run(folder, 'config', 'init', '--yes', ...flags, '--at', 'Mon..Fri 22:00', '--mail', '-');
    assert.equal(written.status, 0, written.stderr);
    const { config } = await loadConfig({ file: join(folder, 'holdfast.yaml'), environment: {} });
    const [source] = config.plans['nightly']!.sources;
    assert.ok('files' in source!);
    assert.deepEqual(
      source.files,
      paths.map((path) => (path.startsWith('/') ? path : join(process.cwd(), path))),
    );
    assert.equal(config.plans['nightly']!.schedule!.at, 'Mon..Fri 22:00');
    assert.deepEqual(config.notifications.targets, {});
    assert.equal(existsSync(join(folder, 'vault-password')), false);
  });

  it('overwrites nothing, and leaves nothing half done', async () => {
    const folder = folderOf({ 'holdfast.yaml': 'mine' });
    const refused = await init(folder, '--yes', '--new-password');
    assert.equal(refused.status, 20);
    assert.match(refused.stderr, /holdfast\.yaml is there already/);
    assert.equal(readFileSync(join(folder, 'holdfast.yaml'), 'utf8'), 'mine');
    assert.equal(existsSync(join(folder, 'vault-password')), false);
    const wrong = await init(folderOf({}), '--yes', '--at', 'dayly');
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /plans\.nightly\.schedule: dayly .* Did you mean daily\?\nhint: Nothing was written/);
  });

  it('makes up no password for a vault that is there, or where there is one', async () => {
    const folder = folderOf({ 'vault/config': '' });
    assert.equal((await init(folder, '--yes', '--new-password')).status, 0);
    assert.equal(existsSync(join(folder, 'vault-password')), false);
    const other = folderOf({ 'vault-password': 'mine\n' });
    assert.equal((await init(other, '--yes', '--new-password')).status, 0);
    assert.equal(readFileSync(join(other, 'vault-password'), 'utf8'), 'mine\n');
  });

  it('prints it instead, or writes it elsewhere', async () => {
    const folder = folderOf({});
    const printed = await init(folder, '--yes', '-o', '-', '--new-password');
    assert.equal(printed.status, 0);
    assert.ok(parse(printed.text).plans.nightly);
    assert.equal(existsSync(join(folder, 'holdfast.yaml')), false);
    const [summary] = recordsOf(await init(folder, '--yes', '-o', join(folder, 'deep/er.yaml'), '--json'));
    assert.equal(summary!['file'], join(folder, 'deep/er.yaml'));
    assert.ok(existsSync(join(folder, 'deep/er.yaml')));
  });

  it('asks nobody where nobody sits', async () => {
    const asked = await init(folderOf({}));
    assert.equal(asked.status, 2);
    assert.match(asked.stderr, /no terminal to ask on\nhint: Give --yes/);
  });
});

describe('config check', () => {
  it('prints every problem with its place and ends with 2', async () => {
    const folder = folderOf({ 'holdfast.yaml': 'timezon: UTC\nvaults: 5\n' });
    const found = await run(folder, 'config', 'check');
    assert.equal(found.status, 2);
    assert.match(
      found.text,
      /^\S+holdfast\.yaml:1:1: unknown key 'timezon'; did you mean 'timezone'\?\n\S+:2:1: vaults: /,
    );
    assert.match(found.stderr, /^error: wrong configuration: 2 problems in /);
    const records = recordsOf(await run(folder, 'config', 'check', '--json'));
    assert.deepEqual(
      records.map((record) => [record['message_type'], record['line'], record['path']]),
      [
        ['problem', 1, ''],
        ['problem', 2, 'vaults'],
        ['error', undefined, undefined],
      ],
    );
  });

  it('refuses a vault where there is no storage to open, with its place and what to do', async () => {
    for (const url of ['s3:https://key:sesame@host/bucket', 'sftp:a@b:/c', 'rest:https://u:sesame@host/']) {
      const folder = folderOf({ 'holdfast.yaml': VAULT.replace('url: /srv/vault', `url: "${url}"`) });
      for (const args of [[], ['--text-only']]) {
        const found = await run(folder, 'config', 'check', ...args);
        assert.equal(found.status, 2, url);
        const kind = url.split(':', 1)[0];
        const line = `holdfast.yaml:1:19: vaults.main.url: storage of kind ${kind} is not built in yet. Built in are local directories`;
        assert.ok(found.text.includes(line), found.text);
        assert.doesNotMatch(found.text, /sesame/);
      }
    }
  });

  it('warns and ends with 0, with --strict with 1', async () => {
    const folder = folderOf({ 'holdfast.yaml': VAULT, pw: '' });
    chmodSync(join(folder, 'holdfast.yaml'), 0o644);
    const found = await run(folder, 'config', 'check');
    assert.equal(found.status, 0);
    assert.match(found.stderr, /warning: \S+holdfast\.yaml:\d+:\d+: plans: there is no plan/);
    assert.match(found.stderr, /vaults\.main\.password: it stands in .* which can be read by everyone/);
    assert.match(found.text, /holdfast\.yaml: 0 plans, 1 vault; \d warnings\n$/);
    const strict = await run(folder, 'config', 'check', '--strict');
    assert.equal(strict.status, 1);
    const textOnly = await run(folder, 'config', 'check', '--text-only');
    assert.doesNotMatch(textOnly.stderr, /password/);
  });

  it('says that there is no file', async () => {
    const found = await run(folderOf({}), 'config', 'check');
    assert.equal(found.status, 2);
    assert.match(found.stderr, /cannot read \S+holdfast\.yaml \(ENOENT\)\nhint: .*holdfast config init/);
  });

  it('shows nothing that a terminal would obey', async () => {
    const folder = folderOf({ 'holdfast.yaml': '"a\\e[31mb": 1\n' });
    assert.match((await run(folder, 'config', 'check')).text, /unknown key 'a\\x1b\[31mb'/);
  });
});

describe('config show', () => {
  it('prints what holds, or a part of it', async () => {
    const folder = folderOf({ 'holdfast.yaml': VAULT });
    const shown = parse((await run(folder, 'config', 'show')).text);
    assert.deepEqual(shown.vaults.main.password, { value: '(hidden)' });
    assert.equal((await run(folder, 'config', 'show', 'vaults.main.verify.share')).text, '1/30\n');
    const [record, summary] = recordsOf(await run(folder, 'config', 'show', 'vaults.main.url', '--json'));
    assert.deepEqual(record, { message_type: 'config', path: 'vaults.main.url', value: '/srv/vault' });
    assert.equal(summary!['message_type'], 'summary');
    const missing = await run(folder, 'config', 'show', 'vauls');
    assert.equal(missing.status, 2);
    assert.match(missing.stderr, /there is nothing at vauls/);
  });
});

describe('config schema', () => {
  it('prints JSON Schema, whatever else is asked for', async () => {
    for (const args of [[], ['--json'], ['-q']]) {
      const printed = await run('/nonexistent', 'config', 'schema', ...args);
      assert.equal(printed.status, 0);
      assert.equal(JSON.parse(printed.text).$schema, 'http://json-schema.org/draft-07/schema#');
    }
  });
});
