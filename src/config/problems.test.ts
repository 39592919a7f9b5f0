// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a configuration look like that
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planWith, problemsOf, VAULT } from '../../test/configurations.ts';

describe('what is wrong in a configuration', () => {
  it('is told with line, column, path, and what was expected', async () => {
    const cases: [string, string[]][] = [
      ['timezon: UTC', ["1:1: unknown key 'timezon'; did you mean 'timezone'?"]],
      ['vaults: 5', ['1:1: vaults: expected names, each with its keys below it, not 5']],
      [
        'vaults: { a: { url: x } }',
        ['1:11: vaults.a.password: is missing: expected one of the keys value, file, command, credential'],
      ],
      [
        'vaults: { a: { url: x, password: { fil: y } } }',
        ["1:36: vaults.a.password: unknown key 'fil'; did you mean 'file'?"],
      ],
      [
        'vaults: { a: { url: x, password: secret } }',
        ['1:24: vaults.a.password: expected one of the keys value, file, command, credential'],
      ],
      [
        'vaults: { a: { url: "", password: { value: x } } }',
        ["1:16: vaults.a.url: expected a path or an address, not ''"],
      ],
      [
        'vaults: { a/b: { url: x, password: { value: x } } }',
        ['1:11: vaults.a/b: expected a name of letters, digits, dots, underscores and hyphens'],
      ],
      [
        'hosts: { a: { address: x, port: 70000 } }',
        ['1:27: hosts.a.port: expected a whole number from 1 to 65535, not 70000'],
      ],
      ['hosts: { local: { address: x } }', ["1:10: hosts.local: 'local' is this machine; name the host differently"]],
      ['hosts: { Db: { address: x }, db: { address: y } }', ["1:30: hosts.db: differs from 'Db' only in capitals"]],
      [
        'hosts: { a: { address: x, connectTimeout: 0s } }',
        ['1:27: hosts.a.connectTimeout: expected a duration above 0s, of at most a hundred years'],
      ],
      ['daemon: { listen: 9419 }', ['1:11: daemon.listen: expected text, not 9419']],
      [
        'daemon: { listen: localhost }',
        ['1:11: daemon.listen: expected an address and a port, such as 127.0.0.1:9419'],
      ],
      [
        'timezone: Europe/Berlyn',
        [
          '1:1: timezone: Europe/Berlyn is no time zone. Use a name of the time zone database, such as Europe/Berlin or UTC.',
        ],
      ],
      [
        'notifications: { targets: { a: {} } }',
        ['1:29: notifications.targets.a: expected exactly one of mail, webhook, ping'],
      ],
      [
        'notifications: { targets: { a: { mail: { to: [a b] } } } }',
        ["1:47: notifications.targets.a.mail.to[0]: expected a mail address, not 'a b'"],
      ],
      [
        'notifications: { routes: [{ to: [a] }] }',
        ["1:34: notifications.routes[0].to[0]: no notification target is called 'a'; there is none"],
      ],
      [
        'notifications: { routes: [{ to: [], severity: bad }] }',
        [
          '1:29: notifications.routes[0].to: expected at least one, not a list',
          "1:37: notifications.routes[0].severity: expected one of info, warning, critical, not 'bad'",
        ],
      ],
      [
        'shelves: { s: { root: /s, layout: "{yaer}", items: [{ category: a, name: b }] } }',
        [
          '1:27: shelves.s.layout: {yaer} means nothing here; there are {category}, {name}, {year}, {month}, {day}, {time}, {weekday}, {file}',
        ],
      ],
      [
        'clusters: { a: { nodes: [x, y] }, b: { nodes: [y, z, z], fencing: { test: dayly, notify: [ops] } } }',
        [
          "1:48: clusters.b.nodes[0]: 'y' is a node of 'a' already",
          "1:54: clusters.b.nodes[2]: 'z' stands here twice",
          '1:69: clusters.b.fencing.test: dayly is no weekday and no word for a time. Did you mean daily?',
          "1:91: clusters.b.fencing.notify[0]: no notification target is called 'ops'; there is none",
        ],
      ],
      ['- a', ['1:1: expected keys with values, such as vaults:']],
    ];
    for (const [text, expected] of cases) assert.deepEqual(await problemsOf(text), expected, text);
  });

  it('is told of plans in words for what was meant', async () => {
    const cases: [string, string[]][] = [
      ['    retenton: {}', ["6:5: plans.nightly: unknown key 'retenton'; did you mean 'retention'?"]],
      [
        '    keep_last: 3',
        [
          "6:5: plans.nightly: unknown key 'keep_last'; there are vault, sources, hostname, tags, schedule, hooks, timeLimit, retention, readBack, overdueAfter, anomaly, notify",
        ],
      ],
      [
        '    retention: { keep_last: 3 }',
        ["6:18: plans.nightly.retention: unknown key 'keep_last'; did you mean 'keepLast'?"],
      ],
      [
        '    retention: { keepLast: -3 }',
        ['6:18: plans.nightly.retention.keepLast: expected a whole number of at least 0, not -3'],
      ],
      [
        '    retention: { ladder: [{ keep: 7, every: 2 }] }',
        ['6:18: plans.nightly.retention.ladder: expected levels after the first with `every`, and the first without'],
      ],
      [
        '    schedule: dayly',
        ['6:5: plans.nightly.schedule: dayly is no weekday and no word for a time. Did you mean daily?'],
      ],
      [
        '    schedule: { at: daily, randomDelay: 5 }',
        ['6:28: plans.nightly.schedule.randomDelay: expected a duration such as 90s, 1h30m or 7d, not 5'],
      ],
      ['    schedule: 22', ['6:5: plans.nightly.schedule: expected text or the key at']],
      ['    anomaly: true', ['6:5: plans.nightly.anomaly: expected false or the keys factor and runs']],
      ['    anomaly: { facter: 2 }', ["6:16: plans.nightly.anomaly: unknown key 'facter'; did you mean 'factor'?"]],
      ['    notify: [ops]', ["6:14: plans.nightly.notify[0]: no notification target is called 'ops'; there is none"]],
      [
        '    hooks: { before: [{ command: [a], host: db }] }',
        ["6:39: plans.nightly.hooks.before[0].host: no host is called 'db'; there are local"],
      ],
      [
        '    timeLimit: 5 minutes',
        ["6:5: plans.nightly.timeLimit: expected a duration such as 90s, 1h30m or 7d, not '5 minutes'"],
      ],
      ['    timeLimit:', ['6:5: plans.nightly.timeLimit: expected a duration such as 90s, 1h30m or 7d; it is empty']],
    ];
    for (const [text, expected] of cases) assert.deepEqual(await problemsOf(planWith(`${text}\n`)), expected, text);
  });

  it('is told of sources for files or for commands, whichever was meant', async () => {
    const source = (text: string): string => `${VAULT}plans: { p: { vault: main, sources: [${text}] } }`;
    const cases: [string, string[]][] = [
      [
        '{ files: [/etc], excludes: [a] }',
        ["2:55: plans.p.sources[0]: unknown key 'excludes'; did you mean 'exclude'?"],
      ],
      ['{ files: [/etc], host: db }', ["2:55: plans.p.sources[0]: 'host' does not go with 'files'"]],
      ['{ command: [a], files: [b] }', ["2:40: plans.p.sources[0]: 'command' does not go with 'files'"]],
      [
        '{ command: [a] }',
        ['2:38: plans.p.sources[0].as: is missing: expected a name of letters, digits, dots, underscores and hyphens'],
      ],
      [
        '{ command: dump, as: a }',
        ["2:40: plans.p.sources[0].command: expected a list, [ … ] or with hyphens, not 'dump'"],
      ],
      ['{ command: [""], as: a }', ['2:40: plans.p.sources[0].command: expected a program first']],
      ['{ fils: [a] }', ["2:40: plans.p.sources[0]: unknown key 'fils'; did you mean 'files'?"]],
      ['5', ['2:38: plans.p.sources[0]: expected one of the keys files, command and as, cluster']],
      [
        '{ command: [a], as: x }, { command: [b], as: x }',
        ["2:79: plans.p.sources[1].as: another source of this plan is stored as 'x' already"],
      ],
      ['{ cluster: lab }', ["2:40: plans.p.sources[0].cluster: no cluster is called 'lab'; there is none"]],
    ];
    for (const [text, expected] of cases) assert.deepEqual(await problemsOf(source(text)), expected, text);
  });

  it('never repeats what may be secret', async () => {
    const secret = 'hunter2hunter2';
    for (const text of [
      `vaults: { a: { url: x, password: { value: [${secret}] } } }`,
      `vaults: { a: { url: x, password: ${secret} } }`,
      `vaults: { a: { url: x, password: { command: ${secret} } } }`,
      `hosts: { a: { address: x, port: "\${PW}" } }`,
      `timezone: "\${PW}x\${NOT}"`,
      `notifications: { targets: { a: { webhook: { url: ${secret} } } } }`,
    ]) {
      const told = await problemsOf(text, { PW: secret });
      assert.ok(told.length > 0);
      assert.doesNotMatch(told.join('\n'), new RegExp(secret), text);
    }
  });

  it('in YAML itself has its place, too', async () => {
    const cases: [string, RegExp[]][] = [
      ['vaults:\n\ta: b\n', [/^2:1: tabs do not indent/]],
      ['vaults: {}\nplans: {}\nvaults: {}\n', [/^3:1: vaults: given twice; first at holdfast\.yaml:1:1$/]],
      ['a: 1\n---\nb: 2\n', [/^2:1: expected one document/]],
      ['vaults: { a: { url: x, password: { value: "x } } }\n', [/^\d:\d+: /]],
      ['hosts: { a: { port: ${PORT} } }\n', [/^1:22: between \{ and \} a value with \$\{NAME\} needs quotes/]],
      ['vaults: *nowhere\n', [/^1:9: /]],
      ['? [a]\n: b\n', [/expected a key that is a word/]],
      ['__proto__: { a: 1 }\n', [/expected a key that is a word/]],
      ['vaults: !!binary aGk=\n', [/^1:\d+: /]],
    ];
    for (const [text, patterns] of cases) {
      const told = await problemsOf(text);
      for (const [index, pattern] of patterns.entries()) assert.match(told[index] ?? '', pattern, text);
    }
  });

  it('is told of every part that is sound, whatever is wrong beside it', async () => {
    const nightly = 'vault: mian, schedule: 22:75, notify: [nobody], sources: [{ files: [/etc] }]';
    const told = [
      "plans.p.vault: no vault is called 'mian'; did you mean 'main'?",
      "plans.p.notify[0]: no notification target is called 'nobody'; there is none",
    ];
    for (const fault of [
      'retention: { ladder: [{ keep: 0 }] }',
      'timeLimit: soon',
      'hooks: { before: [7] }',
      'tags: ["${NOT}"]',
    ]) {
      const found = await problemsOf(`${VAULT}plans: { p: { ${nightly}, ${fault} } }`);
      const texts = found.map((line) => line.replace(/^\d+:\d+: /, ''));
      assert.deepEqual(
        told.filter((each) => !texts.includes(each)),
        [],
        found.join('\n'),
      );
      assert.ok(texts.some((text) => text.startsWith('plans.p.schedule: 75 is no minute')));
      assert.equal(found.length, 4, found.join('\n'));
    }
    const cases: [string, string[]][] = [
      [
        `${VAULT}plans: { p: { vault: main, sources: [7, { files: [/etc] }, { command: [a], as: a, host: db, minSize: x }] } }`,
        [
          '2:38: plans.p.sources[0]: expected one of the keys files, command and as, cluster',
          "2:83: plans.p.sources[2].host: no host is called 'db'; there are local",
          "2:93: plans.p.sources[2].minSize: expected a size such as 512M or 10 GiB, not 'x'",
        ],
      ],
      [
        'vaults: { main: { url: "" } }\nplans: { p: { vault: main, sources: 5 }, q: { sources: [{ files: [/a] }] } }',
        [
          '1:11: vaults.main.password: is missing: expected one of the keys value, file, command, credential',
          "1:19: vaults.main.url: expected a path or an address, not ''",
          '2:28: plans.p.sources: expected a list, [ … ] or with hyphens, not 5',
          '2:42: plans.q.vault: is missing: expected text',
        ],
      ],
      [
        'notifications: { targets: { a: {} }, routes: [{ to: [] }, { to: [a, b], plans: [c] }] }',
        [
          '1:29: notifications.targets.a: expected exactly one of mail, webhook, ping',
          '1:49: notifications.routes[0].to: expected at least one, not a list',
          "1:69: notifications.routes[1].to[1]: no notification target is called 'b'; there are a",
          "1:81: notifications.routes[1].plans[0]: no plan is called 'c'; there is none",
        ],
      ],
    ];
    for (const [text, expected] of cases) assert.deepEqual(await problemsOf(text), expected, text);
  });

  it('names nothing as missing whose group cannot be read', async () => {
    const told = await problemsOf('vaults: 5\nplans: { p: { vault: main, sources: [{ files: [/a] }] } }');
    assert.deepEqual(told, ['1:1: vaults: expected names, each with its keys below it, not 5']);
  });

  it('is told all at once, in the order of the text, up to a limit', async () => {
    const both = await problemsOf(planWith('    vault2: x\n    notify: [ops]\n'));
    assert.deepEqual(
      both.map((line) => line.split(' ', 2)[1]),
      ['plans.nightly:', 'plans.nightly.notify[0]:'],
    );
    const told = await problemsOf('vaults: 1\nplans: 2\nhosts: 3\n');
    assert.deepEqual(
      told.map((line) => line.split(':')[0]),
      ['1', '2', '3'],
    );
    const many = Array.from({ length: 80 }, (_, index) => `wrong${index}: 1`).join('\n');
    const lines = await problemsOf(many);
    assert.equal(lines.length, 51);
    assert.equal(lines.at(-1), 'and 30 more');
  });
});
