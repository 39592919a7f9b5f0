// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a configuration look like that
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { folderOf, load, planWith } from '../../test/configurations.ts';
import { simulated, systemProcesses } from '../host.ts';
import { checkMachine } from './checks.ts';
import { systemFiles } from './files.ts';
import { loadConfig } from './load.ts';
import { textOfPath } from './problem.ts';
import { warningsOf } from './warnings.ts';

const NOW = Date.parse('2026-11-21T12:00Z');

async function warned(text: string): Promise<string[]> {
  const { config } = await load(text);
  return warningsOf(config, NOW).map(({ path, text }) => `${textOfPath(path)}: ${text}`);
}

/** One that nothing is said of. */
const FINE = `vaults:
  main: { url: /srv/vault, password: { value: x }, offsite: true, prune: {} }
plans:
  nightly:
    vault: main
    sources: [{ files: [/etc] }]
    schedule: 22:30
    retention: { ladder: [{ keep: 7 }] }
notifications:
  targets: { admin: { mail: { to: [root] } } }
  routes: [{ to: [admin] }]
`;

describe('warnings', () => {
  it('are about clusters whose fencing is tried too rarely, or for nobody', async () => {
    const of = async (cluster: string, config = FINE): Promise<string[]> =>
      await warned(`${config}clusters:\n  oss: { nodes: [oss1, oss2]${cluster} }\n`);
    assert.deepEqual(await of(', fencing: { test: "0/6:00" }'), []);
    assert.deepEqual(await of(''), ['clusters.oss: its fencing is never tried: add fencing: { test: 0/6:00 }']);
    assert.match(
      (await of(', fencing: { test: daily }')).join(),
      /^clusters\.oss\.fencing\.test: .*counts for 24 hours/,
    );
    assert.match(
      (await of(', fencing: { test: hourly, overdueAfter: 10m }')).join(),
      /overdueAfter: it is overdue before/,
    );
    assert.match(
      (await of(', fencing: { test: hourly, notify: [] }')).join(),
      /^clusters\.oss\.fencing: nobody is told/,
    );
  });

  it('are none where nothing is wrong', async () => {
    assert.deepEqual(await warned(FINE), []);
  });

  it('tell what will be regretted', async () => {
    const cases: [find: string, put: string, expected: RegExp][] = [
      [', offsite: true', '', /^vaults: no plan has a vault with offsite: true/],
      ['    schedule: 22:30\n', '', /^plans\.nightly: there is no schedule/],
      ['    retention: { ladder: [{ keep: 7 }] }\n', '', /^plans\.nightly: there is no rule of retention/],
      ['{ ladder: [{ keep: 7 }] }', '{}', /^plans\.nightly: there is no rule of retention/],
      [
        '  targets: { admin: { mail: { to: [root] } } }\n  routes: [{ to: [admin] }]\n',
        '  {}\n',
        /^plans\.nightly: nobody is told/,
      ],
      ['    vault: main\n', '    vault: main\n    notify: []\n', /^plans\.nightly: nobody is told/],
      ['    vault: main\n', '    vault: main\n    readBack: false\n', /^plans\.nightly\.readBack: /],
      [
        '    vault: main\n',
        '    vault: main\n    overdueAfter: 12h\n',
        /^plans\.nightly\.overdueAfter: it is overdue before/,
      ],
      ['22:30', '02-31 22:30', /^plans\.nightly\.schedule: this time never comes/],
      [', prune: {}', '', /^vaults\.main: there is no prune/],
      ['prune: {}', 'prune: { schedule: "2020-01-01" }', /^vaults\.main\.prune\.schedule: this time never comes/],
      [
        'prune: {}',
        'prune: {}, verify: { share: 0% }',
        /^vaults\.main\.verify\.share: nothing of it is ever read back/,
      ],
      [
        'prune: {}',
        'prune: {}, verify: { schedule: weekly }',
        /^vaults\.main\.verify: reading all of it back takes longer/,
      ],
      ['plans:', '  other: { url: /o, password: { value: x } }\nplans:', /^vaults\.other: no plan backs up to it/],
      ['{ to: [root] }', '{ to: [root], smtp: { host: mail.example.org, tls: none } }', /without TLS/],
    ];
    for (const [find, put, expected] of cases) {
      assert.ok(FINE.includes(find), find);
      const told = await warned(FINE.replace(find, put));
      assert.equal(told.length, 1, `${put}: ${told.join('\n')}`);
      assert.match(told[0]!, expected);
    }
    assert.deepEqual(await warned(''), ['plans: there is no plan, so nothing is backed up']);
    assert.deepEqual(
      await warned(FINE.replace('{ to: [root] }', '{ to: [root], smtp: { host: localhost, tls: none } }')),
      [],
    );
  });

  it('tell of notices that would reach nobody', async () => {
    const [target, route] = ['  targets: { admin: { mail: { to: [root] } } }\n', '  routes: [{ to: [admin] }]\n'];
    assert.deepEqual(await warned(FINE.replace(route, '')), [], 'without a route every target hears of everything');
    assert.equal((await warned(FINE.replace(target + route, '  {}\n'))).length, 1);
    const other = FINE.replace('{ to: [admin] }', '{ to: [admin], plans: [] }');
    const [plan, vault, ...more] = await warned(other);
    assert.match(plan!, /^plans\.nightly: nobody is told/);
    assert.match(vault!, /^vaults\.main: nobody is told when its verification finds damage/);
    assert.deepEqual(more, []);
    const named = other.replace('plans: []', 'plans: [nightly], severity: warning');
    assert.deepEqual(await warned(named), [], 'who hears of the plan hears of its vault');
    assert.match((await warned(`${named}  summary: 07:00\n`)).join(), /^notifications\.summary: nobody gets/);
    assert.deepEqual(await warned(`${FINE}  summary: 07:00\n`), []);
  });

  it('tell of retention that does not outlast a long weekend', async () => {
    const short: [schedule: string, retention: string, expected: RegExp | undefined][] = [
      ['daily', '{ ladder: [{ keep: 3 }] }', /holds daily points for 3 days/],
      ['daily', '{ ladder: [{ keep: 4 }] }', undefined],
      ['daily', '{ ladder: [{ keep: 2 }, { keep: 5, every: 7 }] }', /for 2 days/],
      ['hourly', '{ keepLast: 24 }', /for 1 day:/],
      ['hourly', '{ keepLast: 24, keepDaily: 7 }', undefined],
      ['hourly', '{ ladder: [{ keep: 24 }, { keep: 7, every: 24 }] }', undefined],
      ['daily', '{ keepWithin: 3d }', undefined],
      ['daily', '{ keepWithin: 2d }', /for 3 days/],
      ['daily', '{ keepWithinDaily: 1m }', undefined],
      ['daily', '{ keepWeekly: 4 }', /for 1 day:/],
      ['daily', '{ keepLast: unlimited }', undefined],
      ['daily', '{ keepLast: 1, keepAtLeast: 9 }', undefined],
      ['weekly', '{ keepLast: 3 }', /holds 3 points only/],
      ['weekly', '{ keepLast: 1 }', /holds 1 point only/],
      ['weekly', '{ keepLast: 4 }', undefined],
      ['Mon..Fri 22:00', '{ keepLast: 3 }', /for 3 days/],
    ];
    for (const [schedule, retention, expected] of short) {
      const told = await warned(FINE.replace('22:30', schedule).replace('{ ladder: [{ keep: 7 }] }', retention));
      if (expected === undefined) assert.deepEqual(told, [], retention);
      else assert.match(told.join('\n'), expected, retention);
    }
  });
});

describe('a check against the machine', () => {
  const world = { environment: process.env, processes: systemProcesses, signal: AbortSignal.timeout(20_000) };
  const check = async (given: Parameters<typeof load>[0]) => {
    const loaded = await load(given);
    const found = await checkMachine(loaded, world);
    return found.map(({ path, text }) => `${textOfPath(path)}: ${text.replaceAll(loaded.folder, '')}`);
  };

  it('finds paths that are not there', async () => {
    const found = await check({
      'holdfast.yaml': `stateDirectory: holdfast.yaml/state
vaults: { v: { url: vault, password: { file: pw } }, far: { url: "sftp:a:/b", password: { credential: x } } }
plans: { p: { vault: v, sources: [{ files: [there, gone], excludeFile: [none] }] } }
shelves: { s: { root: shelf, items: [{ category: a, name: b }], target: { root: /nonexistent/t } } }
daemon: { textfile: metrics/x.prom }
notifications: { targets: { a: { mail: { to: [a], sendmail: no-sendmail } } } }
`,
      'there/x': '',
    });
    assert.deepEqual(found, [
      'stateDirectory: /holdfast.yaml/state is not there and cannot be made; make it for the user that runs Holdfast',
      'daemon.textfile: /metrics is not there',
      'vaults.v.url: /vault is no vault yet; make it with: holdfast -r /vault init',
      'plans.p.sources[0].files[1]: /gone is not there, or may not be read',
      'plans.p.sources[0].excludeFile[0]: /none is not there, or may not be read',
      'shelves.s.root: /shelf is not there, or may not be read',
      'shelves.s.target.root: /nonexistent/t is not there',
      'notifications.targets.a.mail.sendmail: /no-sendmail is not there: install a mail server, or give smtp',
      'vaults.v.password: a secret could not be read: cannot read the secret file /pw (ENOENT)',
      'vaults.far.password: a secret could not be read: there are no credentials here, so not x',
    ]);
  });

  it('finds secrets that everyone can read, in files and in the configuration', async () => {
    const folder = folderOf({
      'holdfast.yaml':
        'stateDirectory: .\nvaults: { a: { url: ., password: { file: pw } }, b: { url: ., password: { value: x } }, c: { url: ., password: { value: "${X}" } } }\n',
      pw: 'x',
    });
    const loaded = await loadConfig({ file: join(folder, 'holdfast.yaml'), environment: { X: 'x' } });
    const modes = async (mode: number): Promise<string[]> => {
      for (const name of ['pw', 'holdfast.yaml']) chmodSync(join(folder, name), mode);
      return (await checkMachine(loaded, world)).map(({ path }) => textOfPath(path));
    };
    assert.deepEqual(await modes(0o600), []);
    assert.deepEqual(await modes(0o640), []);
    assert.deepEqual(await modes(0o644), ['vaults.a.password', 'vaults.b.password']);
  });

  it('finds programs that are not there', async () => {
    const found = await check(
      planWith(`    hooks:
      before: [{ command: [sh] }, { command: [no-such-program-here] }, { command: [/nonexistent/x] }, { command: [/etc/passwd] }]
stateDirectory: /
`),
    );
    assert.deepEqual(
      found.filter((line) => line.includes('program')),
      [
        'plans.nightly.hooks.before[1].command: there is no program no-such-program-here in PATH',
        'plans.nightly.hooks.before[2].command: there is no program /nonexistent/x',
        'plans.nightly.hooks.before[3].command: there is no program /etc/passwd',
      ],
    );
  });

  it('asks ssh and the name service for hosts, but not behind a jump host', async () => {
    const loaded = await load(
      'stateDirectory: /\nhosts: { a: { address: alias, configFile: / }, b: { address: gone }, c: { address: far }, d: { address: bad } }',
    );
    const processes = simulated.scriptedProcesses(({ command, args }) => {
      const name = args.at(-1)!;
      if (command === 'getent') return { exitCode: name === 'real' ? 0 : 2 };
      if (name === 'bad') return { exitCode: 255 };
      const via = name === 'far' ? 'proxyjump gate\n' : '';
      return { output: `host ${name}\nhostname ${name === 'alias' ? 'real' : name}\n${via}` };
    });
    const found = await checkMachine(loaded, { ...world, processes, files: systemFiles });
    assert.deepEqual(
      found.map(({ path, text }) => `${textOfPath(path)}: ${text}`),
      ['hosts.b.address: no address is known for gone', 'hosts.d.address: ssh does not accept bad; try: ssh -G bad'],
    );
    assert.deepEqual(processes.calls[0]!.args, ['-G', '-F', '/', '--', 'alias']);
    const without = simulated.scriptedProcesses(() => undefined);
    const missing = await checkMachine(loaded, { ...world, processes: without });
    assert.match(missing[0]!.text, /no program ssh/);
  });
});
