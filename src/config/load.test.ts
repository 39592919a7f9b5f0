import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { load, planWith } from '../../test/configurations.ts';

describe('a configuration', () => {
  it('that is empty has every default', async () => {
    const { config } = await load('');
    assert.deepEqual(config.vaults, {});
    assert.equal(config.stateDirectory, '/var/lib/holdfast');
    assert.deepEqual(config.notifications, { targets: {}, routes: [] });
    assert.deepEqual((await load('# nothing\nplans:\nhosts:\n')).config, config);
  });

  it('has its defaults filled in, durations in milliseconds and sizes in bytes', async () => {
    const { config } = await load(planWith('    schedule: 22:30\n    timeLimit: 1h30m\n'));
    const { nightly } = config.plans;
    assert.deepEqual(nightly!.schedule, { at: '22:30', catchUp: true });
    assert.equal(nightly!.timeLimit, 5_400_000);
    assert.deepEqual(nightly!.anomaly, { factor: 3, runs: 14 });
    assert.equal(config.vaults['main']!.verify.share, 1 / 30);
    assert.equal(config.vaults['main']!.prune, undefined);
  });

  it('gives its time zone to schedules and shelves that have none', async () => {
    const text = `timezone: Europe/Berlin\n${planWith('    schedule: { at: daily, timezone: UTC }\n')}`;
    const { config } = await load(`${text}shelves: { s: { root: /s, items: [{ category: a, name: b }] } }\n`);
    assert.equal(config.plans['nightly']!.schedule!.timezone, 'UTC');
    assert.equal(config.vaults['main']!.verify.schedule.timezone, 'Europe/Berlin');
    assert.equal(config.shelves['s']!.timezone, 'Europe/Berlin');
  });

  it('has absolute paths, those of an included file from its own folder', async () => {
    const { config, folder, sources } = await load({
      'holdfast.yaml': `include: [conf.d/*.yaml]\n${planWith('')}`
        .replace('/srv/vault', 'vault')
        .replace('/etc', 'data'),
      'conf.d/hosts.yaml': 'hosts: { a: { address: a, identityFile: key } }',
      'conf.d/.hidden.yaml': 'nonsense: true',
    });
    assert.equal(config.vaults['main']!.url, join(folder, 'vault'));
    assert.deepEqual(
      config.plans['nightly']!.sources.map((source) => 'files' in source && source.files),
      [[join(folder, 'data')]],
    );
    assert.equal(config.hosts['a']!.identityFile, join(folder, 'conf.d/key'));
    assert.deepEqual(sources, [join(folder, 'holdfast.yaml'), join(folder, 'conf.d/hosts.yaml')]);
    const remote = await load('vaults: { v: { url: "sftp:a@b:/c", password: { value: x } } }');
    assert.equal(remote.config.vaults['v']!.url, 'sftp:a@b:/c');
  });

  it('knows where its values stand', async () => {
    const { positions, folder } = await load(planWith('    schedule: daily\n'));
    const file = join(folder, 'holdfast.yaml');
    assert.deepEqual(positions(['plans', 'nightly', 'schedule']), { file, line: 6, column: 5 });
    assert.deepEqual(positions(['plans', 'nightly', 'sources', 0, 'files', 0]), { file, line: 5, column: 25 });
    assert.deepEqual(positions(['plans', 'nightly', 'retention', 'ladder']), { file, line: 3, column: 3 });
  });
});
