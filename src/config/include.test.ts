// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a configuration look like that
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { load, problemsOf, VAULT } from '../../test/configurations.ts';

describe('includes', () => {
  it('bring maps together and make lists longer', async () => {
    const { config } = await load({
      'holdfast.yaml': `include: [one.yaml, "d/*.yaml"]\n${VAULT}notifications: { routes: [{ to: [a] }], targets: { a: { mail: { to: [a] } } } }`,
      'one.yaml':
        'include: [deep/two.yaml]\nnotifications: { routes: [{ to: [b] }], targets: { b: { mail: { to: [b] } } } }',
      'deep/two.yaml': 'vaults: { other: { url: /o, password: { file: pw } } }',
      'd/x.yaml': 'timezone: UTC',
      'd/y.yaml': '',
    });
    assert.deepEqual(Object.keys(config.vaults), ['main', 'other']);
    assert.deepEqual(
      config.notifications.routes.map(({ to }) => to),
      [['a'], ['b']],
    );
    assert.equal(config.timezone, 'UTC');
    const { password } = config.vaults['other']!;
    assert.match('file' in password ? password.file : '', /\/deep\/pw$/);
  });

  it('may come to the same file twice, but not to themselves', async () => {
    const { sources } = await load({
      'holdfast.yaml': 'include: [a.yaml, b.yaml]',
      'a.yaml': 'include: [c.yaml]',
      'b.yaml': 'include: ["*.yaml"]',
      'c.yaml': 'timezone: UTC',
    }).catch(() => ({ sources: [] }));
    assert.deepEqual(sources, [], 'b.yaml includes holdfast.yaml, which includes it');
    const twice = await load({
      'holdfast.yaml': 'include: [a.yaml, b.yaml, "[a-c].yaml", "./*.yaml"]',
      'a.yaml': 'include: [c.yaml]',
      'b.yaml': 'include: [./c.yaml]',
      'c.yaml': 'timezone: UTC',
    });
    assert.deepEqual(
      twice.sources.map((path) => path.split('/').at(-1)),
      ['holdfast.yaml', 'a.yaml', 'c.yaml', 'b.yaml'],
    );
  });

  it('that cannot be are problems at their place', async () => {
    const cases: [Record<string, string>, RegExp[]][] = [
      [{ 'holdfast.yaml': 'include: [a.yaml]\n' }, [/^1:11: include: cannot read a\.yaml \(ENOENT\)$/]],
      [{ 'holdfast.yaml': 'include: [a.yaml]\n', 'a.yaml': 'x: [' }, [/^a\.yaml:\d:\d+: /]],
      [{ 'holdfast.yaml': 'include: [a.yaml]\n', 'a.yaml/x': '' }, [/^1:11: include: cannot read a\.yaml \(EISDIR\)$/]],
      [
        { 'holdfast.yaml': 'include: [a.yaml]\n', 'a.yaml': 'include: [holdfast.yaml]' },
        [/^a\.yaml:1:11: include: holdfast\.yaml includes itself, by way of holdfast\.yaml, a\.yaml$/],
      ],
      [{ 'holdfast.yaml': 'include: [holdfast.yaml]\n' }, [/includes itself/]],
      [{ 'holdfast.yaml': 'include: a.yaml\n' }, [/^1:1: include: expected a list/]],
      [{ 'holdfast.yaml': 'include: [5]\n' }, [/^1:11: include\[0\]: expected text, not 5$/]],
      [
        { 'holdfast.yaml': `include: [a.yaml]\n${VAULT}`, 'a.yaml': VAULT },
        [
          /^a\.yaml:1:19: vaults\.main\.url: given twice; first at holdfast\.yaml:2:19$/,
          /^a\.yaml:1:48: vaults\.main\.password\.value: given twice; first at holdfast\.yaml:2:48$/,
        ],
      ],
      [
        { 'holdfast.yaml': 'include: [a.yaml]\ntimezone: UTC', 'a.yaml': 'timezone: {}' },
        [/^a\.yaml:1:1: timezone: given twice/],
      ],
    ];
    for (const [files, patterns] of cases) {
      const told = await problemsOf(files);
      assert.equal(told.length, patterns.length, told.join('\n'));
      for (const [index, pattern] of patterns.entries()) assert.match(told[index]!, pattern);
    }
  });

  it('end somewhere', async () => {
    const chain = Object.fromEntries(
      Array.from({ length: 12 }, (_, index) => [`${index}.yaml`, `include: [${index + 1}.yaml]`]),
    );
    const told = await problemsOf({ ...chain, 'holdfast.yaml': 'include: [0.yaml]', '12.yaml': '' });
    assert.match(told.join(), /more than 8 includes inside each other/);
    const many = Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`d/${index}.yaml`, '']));
    assert.match((await problemsOf({ ...many, 'holdfast.yaml': 'include: ["d/*"]' })).join(), /more than 100 files/);
  });

  it('match nothing without complaint when they are patterns', async () => {
    const { sources } = await load('include: [conf.d/*.yaml, "{a,b}.yaml"]');
    assert.equal(sources.length, 1);
  });
});

describe('variables', () => {
  const zone = async (text: string, environment: Record<string, string>): Promise<string | undefined> =>
    (await load(`stateDirectory: ${text}\n`, environment)).config.stateDirectory;

  it('stand in values', async () => {
    const cases: [string, string][] = [
      ['/a/${NAME}/b', '/a/x/b'],
      ['/${NAME}${NAME}', '/xx'],
      ['/${NOT:-fall back}', '/fall back'],
      ['/${EMPTY:-z}', '/z'],
      ['/a${EMPTY}', '/a'],
      ['/${NOT:-}b', '/b'],
      ['/$${NAME}', '/${NAME}'],
      ['/$NAME', '/$NAME'],
      ['/${YAML}', '/[a]: "${NAME} # no"'],
    ];
    const environment = { NAME: 'x', EMPTY: '', YAML: '[a]: "${NAME} # no"' };
    for (const [text, expected] of cases) assert.equal(await zone(`'${text}'`, environment), expected, text);
  });

  it('become numbers and booleans where these are wanted, and text where text is', async () => {
    const { config } = await load(
      'vaults: { a: { url: /a, password: { value: "${NUMBER}" }, offsite: "${YES}" } }\ndaemon: { logDays: "${NUMBER}" }',
      { NUMBER: '007', YES: 'true' },
    );
    assert.deepEqual(config.vaults['a']!.password, { value: '007' });
    assert.equal(config.vaults['a']!.offsite, true);
    assert.equal(config.daemon.logDays, 7);
    assert.deepEqual(await problemsOf('daemon: { logDays: "7" }'), [
      "1:11: daemon.logDays: expected a whole number of at least 1, not '7'",
    ]);
  });

  it('that are not there are problems at their place, all of them', async () => {
    const told = await problemsOf('timezone: "${A}${B}"\nhosts: { a: { address: "${C" } }', { A: 'UTC' });
    assert.deepEqual(told, [
      '1:11: timezone: the environment has no variable B; a default is given by ${B:-…}',
      '2:24: hosts.a.address: expected ${NAME} or ${NAME:-default}; a literal ${ is written $${',
    ]);
    assert.match((await problemsOf('timezone: "${toString}"')).join(), /no variable toString/);
  });

  it('do not stand in keys', async () => {
    assert.match((await problemsOf('"${A}": 1', { A: 'timezone' })).join(), /unknown key '\$\{A\}'/);
  });
});
