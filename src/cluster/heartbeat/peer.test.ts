/** The parsers against Heartbeat's own: its daemon, run as far as it reads its files, and its ResourceManager. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describePeer } from '../../../test/peers.ts';
import { parseAuthkeys } from './authkeys.ts';
import { DIRECTIVES } from './directives.ts';
import { directivesOf, parseHaCf } from './ha-cf.ts';
import { formatResource, parseHaresources } from './haresources.ts';

const HEARTBEAT = '/usr/libexec/heartbeat/heartbeat';
const MANAGER = '/usr/share/heartbeat/ResourceManager';
const SAMPLES = '/usr/share/doc/heartbeat';

let directory = '';
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-heartbeat-'));
});
after(() => rmSync(directory, { recursive: true, force: true }));

/** What the daemon says of these files, in namespaces of its own, where it can reach nothing and leaves nothing. */
function toldBy({ haCf, authkeys = 'x\n' }: { haCf: string; authkeys?: string }): string {
  writeFileSync(join(directory, 'ha.cf'), haCf);
  writeFileSync(join(directory, 'authkeys'), authkeys, { mode: 0o600 });
  const script = `
    mount --bind "$1" /etc/ha.d && mount -t tmpfs t /run && mount -t tmpfs t /var/lib/heartbeat &&
    hostname n1 && mkdir -p /run/heartbeat/rsctmp && ip link set lo up && exec timeout 10 ${HEARTBEAT} -d`;
  const own = ['--mount', '--net', '--pid', '--fork', '--ipc', '--uts', '--mount-proc'];
  const { stdout, stderr } = spawnSync('unshare', [...own, 'sh', '-c', script, 'sh', directory], {
    encoding: 'latin1',
  });
  return stdout + stderr;
}

/** The `name value` pairs that the daemon took, in order. Its log may tell a line twice. */
function pairsOf(told: string): string[] {
  return [...told.matchAll(/\[\d+\]: debug: add_option\((.*)\)$/gm)].map((match) => match[1]!);
}

describePeer('ha.cf beside the real Heartbeat', ['cl_status', 'root', 'namespaces'], () => {
  const HEAD = 'logfacility none\ndebugfile /dev/null\n';
  const isRefused = (line: string): boolean =>
    /configuration error/.test(toldBy({ haCf: `${HEAD}${line}\n` }).replace(/Auth.*/g, ''));

  it('splits lines into values as it does', () => {
    const word = fc.constantFrom('n1', 'N2', 'a#b', '"x', 'y"', 'c\\', '1', '-', '*', '::');
    const gap = fc.constantFrom(' ', '\t', ',', ' , ', '  ', '\f');
    const line = fc.tuple(
      fc.constantFrom('node', ' node', '\tnode'),
      fc.array(fc.tuple(gap, word)),
      fc.constantFrom('', '#z', '\r', ' # a, b'),
    );
    const lines = fc.array(line, { minLength: 40, maxLength: 60 });
    fc.assert(
      fc.property(lines, (given) => {
        const text = given.map(([name, words, end]) => `${name} ${words.flat().join('')}${end}\n`).join('');
        const ours = directivesOf(parseHaCf(text)).flatMap(({ name, args }) => args.map((arg) => `${name},${arg}`));
        const theirs = pairsOf(toldBy({ haCf: `${HEAD}${text}illegal\n` })).slice(2);
        assert.deepEqual(ours, theirs);
      }),
      { numRuns: 8 },
    );
  });

  const TIMES = ['1', '2ms', '2s', '.5', '1..5', '1e3', '-1', '5usx', '5msx', '0', '1min', '1500us'];
  const LINES = [
    ...TIMES.map((time) => `warntime ${time}`),
    ...['keepalive 0', 'deadtime 0', 'initdead x', 'deadtime 1500 ms', 'conn_logd_time 0', 'conn_logd_time 60'],
    ...['hopfudge 255', 'hopfudge 256', 'debug 255', 'udpport 0', 'udpport 694', 'rtprio 900', 'max_rexmit_delay 0'],
    ...[
      'compression_threshold 0',
      'baud 1234',
      'baud 9600',
      'baud 9600\nbaud 9600',
      'watchdog /dev/w\nwatchdog /dev/w',
    ],
    ...[
      'autojoin OTHER',
      'autojoin maybe',
      'msgfmt x',
      'msgfmt netstring',
      'uuidfrom nodename',
      'uuidfrom x',
      'hbgenmethod x',
    ],
    ...[
      'auto_failback LEGACY',
      'auto_failback maybe',
      'auto_failback Y',
      'realtime maybe',
      'realtime 0',
      'coredumps foo',
    ],
    ...[
      'apiauth x uid=root',
      'apiauth x',
      'apiauth x foo',
      'apiauth x uid=root uid=root',
      'apiauth x gid=haclient uid=root',
    ],
    ...[
      'respawn root /bin/true',
      'respawn root notabs',
      'syslogmsgfmt x',
      'log_badpack x',
      'logfacility local0',
      'logfacility nosuch',
    ],
    ...[
      'mcast lo 239.0.0.1 694 1 0',
      'mcast lo 1.2.3.4 694 1 0',
      'mcast lo 239.0.0.1 694 1',
      'mcast lo 239.0.0.1 694 1 2',
    ],
    ...['nosuch 1', 'NODE a', 'node,a', 'env A=1', 'env =x', 'ucast lo 127.0.0.1', 'cluster a', 'memreserve 100'],
    ...['crm off\ncrm off', 'pacemaker off\ncrm off', 'traditional_compression x', 'record_config_changes x'],
  ];
  for (const line of LINES)
    it(`judges ${JSON.stringify(line)} as it does`, () =>
      assert.equal(parseHaCf(line).problems.length > 0, isRefused(line)));

  it('knows every directive it lists with a default', () => {
    const told = execFileSync(HEARTBEAT, ['-D'], { encoding: 'utf8' });
    const names = told
      .split('\n')
      .slice(2)
      .map((line) => line.split(' ')[0]!)
      .filter(Boolean);
    assert.ok(names.length > 20);
    assert.deepEqual(
      names.filter((name) => !(name in DIRECTIVES)),
      [],
    );
  });

  it('knows every directive of its manual and of its annotated example', () => {
    const example = gunzipSync(readFileSync(join(SAMPLES, 'ha.cf.gz'))).toString();
    const shown = example.split('\n').flatMap((line) => /^#?([a-z_]+)\s+\S/.exec(line)?.[1] ?? []);
    assert.ok(shown.filter((name) => name in DIRECTIVES).length > 25);
    assert.deepEqual(parseHaCf(example).problems, []);
  });
});

describePeer('authkeys beside the real Heartbeat', ['cl_status', 'root', 'namespaces'], () => {
  const HEAD = 'logfacility none\ndebugfile /dev/null\nucast lo 127.0.0.1\nnode n1 n2\n';
  // Doubled keys and further words are let pass by it: they work, though not as whoever wrote them thought.
  const FILES = [
    'auth 1\n1 crc\n',
    'auth 1\n1 crc #x\n',
    '1 crc\nauth 1\n',
    'auth 1 # c\n1 sha1 a\n',
    'auth 2\n1 crc\n',
    'auth1\n1crc\n',
    'auth 1\n1 md5\n',
    'auth 1\n1 SHA1 k\n',
    'auth 1\n16 crc\n1 crc\n',
    'auth 0\n0 crc\n',
    'foo\nauth 1\n1 crc\n',
    '',
    'auth x\n1 crc\n',
    '\tauth 1\r\n1 sha1 k\r\n',
    '# c\n\nauth 1\n1 md5 k\n2 crc\n',
    'auth 1\n1 crc\nabc\n',
    'auth 1\n1\n',
    'auth -1\n1 crc\n',
  ];
  for (const authkeys of FILES)
    it(`judges ${JSON.stringify(authkeys)} as it does`, () => {
      const refused = /Authentication configuration error/.test(toldBy({ haCf: `${HEAD}env A=1\n`, authkeys }));
      assert.equal(parseAuthkeys(authkeys).problems.length > 0, refused);
    });
});

describePeer('haresources beside the real ResourceManager', ['cl_status'], () => {
  /** Its own function that reads the file, run by itself. */
  const ipres = (): string => /^ipres\(\) \{.*?^\}/ms.exec(readFileSync(MANAGER, 'utf8'))![0];
  const theirs = (text: string): string[] => {
    writeFileSync(join(directory, 'haresources'), text);
    const script = `${ipres()}\nipres || true`;
    const told = execFileSync('sh', ['-c', script], {
      encoding: 'utf8',
      env: { ...process.env, HA_DIR: directory, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return told
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean);
  };
  const ours = (text: string): string[] =>
    parseHaresources(text).groups.map(({ node, resources }) => [node, ...resources.map(formatResource)].join(' '));

  it('reads lines, comments and continuations as it does', () => {
    const word = fc.constantFrom(
      'N1',
      'n2',
      '10.0.0.1/24/eth0',
      'Filesystem::/dev/sda::/mnt::ext4',
      'httpd',
      '#',
      '#x',
      'a#b',
      '\\',
    );
    const gap = fc.constantFrom(' ', '\t', '\n', '\\\n', ' \\\n ', '  ', '\n\n');
    const given = fc.array(fc.tuple(gap, word), { maxLength: 30 }).map((parts) => `${parts.flat().join('')}\n`);
    fc.assert(
      fc.property(given, (text) => assert.deepEqual(ours(text), theirs(text))),
      { numRuns: 60 },
    );
  });

  it('finds nothing but comments in the annotated example', () => {
    const example = gunzipSync(readFileSync(join(SAMPLES, 'haresources.gz'))).toString();
    assert.deepEqual(parseHaresources(example), { ...parseHaresources(example), groups: [], problems: [] });
    const shown = example.replaceAll(/^#(?=(?:just|node1)\S*\s+\d)/gm, '');
    assert.deepEqual(ours(shown), theirs(shown));
    assert.equal(ours(shown).length, 5);
  });
});
