import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { stringify } from 'yaml';
import { folderOf, load } from '../../test/configurations.ts';
import { effective, HIDDEN, valueAt } from './effective.ts';
import { loadConfig } from './load.ts';
import { pathOf, textOfPath } from './problem.ts';
import { jsonSchema, keySections } from './reference.ts';

const FULL = `vaults:
  main: { url: vault, password: { value: sesame } }
  other: { url: "rest:https://user:sesame@host/x", password: { command: [pass, sesame], timeLimit: 5s } }
hosts: { db: { address: db.example.org } }
plans:
  nightly:
    vault: main
    sources:
      - files: [/etc]
      - { command: [dump, "-p\${PW}", "\${PW}"], as: db.sql, host: db, environment: { PW: { value: sesame } } }
    schedule: { at: daily }
    anomaly: false
notifications:
  targets: { hook: { webhook: { url: { value: sesame }, headers: { Authorization: { file: token } } } } }
`;

describe('the effective configuration', () => {
  it('has the defaults, hides secrets, and keeps what says where they come from', async () => {
    const { tree, folder } = await load(FULL, { PW: 'sesame' });
    const value = effective(tree);
    assert.doesNotMatch(JSON.stringify(value), /sesame/);
    const at = (path: string): unknown => valueAt(value, pathOf(path));
    assert.deepEqual(at('vaults.main.password'), { value: HIDDEN });
    assert.deepEqual(at('vaults.other.password'), { command: ['pass', HIDDEN], timeLimit: '5s' });
    assert.equal(at('vaults.other.url'), `rest:https://user:${HIDDEN}@host/x`);
    assert.equal(at('vaults.main.url'), join(folder, 'vault'));
    assert.deepEqual(at('plans.nightly.sources[1].command'), ['dump', HIDDEN, HIDDEN]);
    assert.deepEqual(at('plans.nightly.sources[1].timeLimit'), '6h');
    assert.deepEqual(at('plans.nightly.schedule'), { at: 'daily', catchUp: true });
    assert.equal(at('plans.nightly.anomaly'), false);
    assert.deepEqual(at('notifications.targets.hook.webhook.headers.Authorization'), { file: join(folder, 'token') });
    assert.deepEqual(at('daemon'), { runsAtOnce: 2, logDays: 90 });
    assert.equal(at('plans.constructor'), undefined);
    assert.equal(at('plans.nightly.vault.length'), undefined);
  });

  it('is a configuration again that holds the same', async () => {
    const { tree, config } = await load(FULL, { PW: 'sesame' });
    const folder = folderOf({ 'holdfast.yaml': stringify(effective(tree)) });
    const again = await loadConfig({ file: join(folder, 'holdfast.yaml'), environment: {} });
    const bare = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value).replaceAll('sesame', HIDDEN).replaceAll(`-p${HIDDEN}`, HIDDEN));
    const without = (value: unknown): unknown => {
      const { vaults, ...rest } = bare(value) as { vaults: Record<string, object> };
      return {
        ...rest,
        vaults: Object.values(vaults).map((vault) => ({ ...vault, password: undefined, url: undefined })),
      };
    };
    assert.deepEqual(without(again.config), without(config));
  });
});

describe('paths in a configuration', () => {
  it('are read as they are written', () => {
    for (const path of [['plans', 'a', 'sources', 0, 'files', 12], ['timezone'], []])
      assert.deepEqual(pathOf(textOfPath(path)), path);
  });
});

describe('the reference', () => {
  it('has every key with a meaning', () => {
    const sections = keySections();
    const rows = sections.flatMap(({ path, rows }) => rows.map((row) => ({ path: `${path}.${row.key}`, ...row })));
    assert.ok(rows.length > 90, String(rows.length));
    for (const { path, type, meaning } of rows) {
      assert.match(meaning, /^[A-Zn].*[^.]$/, path);
      assert.notEqual(type, '', path);
    }
    const paths = sections.map(({ path }) => path);
    for (const path of ['', 'vaults.NAME.prune', 'plans.NAME.retention.ladder[]', 'secret', 'schedule', 'hook'])
      assert.ok(paths.includes(path), path);
    const find = (path: string) => rows.find((row) => row.path === path);
    assert.equal(find('plans.NAME.timeLimit')!.type, 'duration');
    assert.equal(find('plans.NAME.vault')!.fallback, 'required');
    assert.equal(find('vaults.NAME.verify.share')!.fallback, '1/30');
  });

  it('is a JSON Schema that knows the same keys', () => {
    const schema = jsonSchema() as {
      $schema: string;
      properties: Record<string, unknown>;
      additionalProperties: boolean;
    };
    assert.equal(schema.$schema, 'http://json-schema.org/draft-07/schema#');
    assert.equal(schema.additionalProperties, false);
    const top = keySections()[0]!.rows.map(({ key }) => key);
    assert.deepEqual(Object.keys(schema.properties), top);
  });
});
