/** Against the real powermand, its simulated switch vpcd, and every specification that comes with it. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { describePeer, requirePeer } from '../../../test/peers.ts';
import { compressHosts, expandHosts } from './hostlist.ts';
import { loadPowerman } from './load.ts';
import type { PowermanItem } from './model.ts';
import { formatPowerman, parsePowerman } from './parse.ts';
import { powermanViewOf } from './plugs.ts';
import { SCRIPT_NAMES } from './script.ts';
import { formatEntry } from './write.ts';

const SHIPPED = '/etc/powerman';
const VPC = `${SHIPPED}/vpc.dev`;
const UP_MS_MAX = 10_000;

describePeer('PowerMan', ['powermand'], () => {
  let directory = '';
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-powerman-'));
  });
  after(() => rmSync(directory, { recursive: true }));

  /** What powermand says of a configuration that it does not take; undefined when it does. */
  function refusal(text: string): string | undefined {
    const file = join(directory, 'tried.conf');
    writeFileSync(file, text, 'latin1');
    // With its client at the end of its input, powermand ends right after reading the configuration.
    const { status, stderr } = spawnSync(requirePeer('powermand'), ['-s', '-f', '-c', file], {
      input: '',
      encoding: 'latin1',
      timeout: UP_MS_MAX,
    });
    return status === 0 ? undefined : stderr;
  }

  it('reads every specification that is shipped without a problem, and gives it back byte for byte', () => {
    const files = readdirSync(SHIPPED).filter((name) => /\.(dev|conf|conf\.example)$/.test(name));
    assert.equal(files.length >= 50, true, `saw only ${files.length} files`);
    for (const name of files) {
      const bytes = readFileSync(join(SHIPPED, name));
      const parsed = parsePowerman(name, bytes.toString('latin1'));
      assert.deepEqual(parsed.problems, [], name);
      assert.equal(Buffer.from(formatPowerman(parsed), 'latin1').equals(bytes), true, name);
      if (name.endsWith('.dev')) assert.equal(parsed.items.length >= 1, true, name);
    }
  });

  it('writes every specification anew so that powermand takes it and we read the same', () => {
    const files = readdirSync(SHIPPED).filter((name) => name.endsWith('.dev'));
    // One file each, as powermand 2.3.27 may misread a number at a multiple of 8 KiB of a file.
    for (const name of files) {
      const { items } = parsePowerman(name, readFileSync(join(SHIPPED, name), 'latin1'));
      const text = `${items.map(formatEntry).join('\n')}\n`;
      assert.deepEqual(bare(parsePowerman(name, text).items), bare(items));
      writeFileSync(join(directory, name), text, 'latin1');
    }
    const includes = files.map((name) => formatEntry({ kind: 'include', path: join(directory, name) }));
    assert.equal(refusal(`${includes.join('\n')}\n${NODE}`), undefined);
  });

  it('agrees with powermand on what is wrong, and on which line it begins', () => {
    const head = `include "${VPC}"\n${NODE}`;
    const device = `${head}device "d" "vpc" "/bin/cat |&"\n`;
    const wrong = {
      word: `${head}nod "a" "d"\n`,
      number: `${head}listen 5\n`,
      'end of a comment': `${head}# end`,
      'end of a string': `${head}listen "a\n`,
      'empty block': `${head}specification "s" { script on { } }\n`,
      'unknown script': `${head}specification "s" { script status_soft { send "a" } }\n`,
      'script twice': `${head}specification "s" { script on { send "a" } script on { send "a" } }\n`,
      'specification missing': `${head}device "d" "none" "h:1"\n`,
      'device missing': `${head}node "a" "d" "1"\n`,
      'plug unknown': `${device}node "a" "d" "99"\n`,
      'plug twice': `${device}node "a" "d" "1"\nnode "b" "d" "1"\n`,
      'plugs few': `${device}node "a[1-2]" "d" "1"\n`,
      'nodes few': `${device}node "a" "d" "[1-2]"\n`,
      'node twice': `${device}node "a" "d" "1"\nnode "a" "d" "2"\n`,
      'no port': `${head}device "d" "vpc" "h"\n`,
      'port beyond': `${head}device "d" "vpc" "h:70000"\n`,
      'alias twice': `${device}node "a" "d" "1"\nalias "x" "a"\nalias "x" "a"\n`,
      'file missing': `${NODE}include "${directory}/none"\n`,
    };
    for (const [name, text] of Object.entries(wrong)) {
      const theirs = refusal(text);
      assert.notEqual(theirs, undefined, `powermand takes: ${name}`);
      assert.doesNotMatch(theirs!, /no nodes/, name);
      const { findings } = powermanViewOf(loadPowerman('tried.conf', readerOf(text)));
      assert.equal(findings.filter(({ level }) => level === 'error').length > 0, true, `we take: ${name}`);
      const line = /tried\.conf::(\d+)/.exec(theirs!)?.[1];
      if (line !== undefined)
        assert.equal(
          findings.some(({ place }) => Math.abs(place.line - Number(line)) <= 1),
          true,
          name,
        );
    }
    assert.equal(refusal(`${device}node "a" "d" "1"\nalias "x" "a"\n`), undefined);
  });

  it('knows every name of a script that powermand knows', () => {
    for (const name of SCRIPT_NAMES)
      assert.equal(refusal(`specification "s" { script ${name} { send "a" } }\n${NODE}`), undefined, name);
    assert.match(refusal('listen "127.0.0.1:1"\n')!, /no nodes/);
  });

  it('has the same nodes on the same plugs as a running powermand', async () => {
    const text = [
      formatEntry({ kind: 'include', path: VPC }),
      formatEntry({
        kind: 'device',
        name: 'sw0',
        specification: 'vpc',
        address: '/usr/sbin/vpcd |&',
        flags: undefined,
      }),
      formatEntry({
        kind: 'device',
        name: 'sw1',
        specification: 'vpc',
        address: '/usr/sbin/vpcd |&',
        flags: undefined,
      }),
      formatEntry({ kind: 'node', nodes: 'n[08-11],x', device: 'sw0', plugs: '[3-4,7-8],0' }),
      formatEntry({ kind: 'node', nodes: 'y[1-2]-ib', device: 'sw1', plugs: undefined }),
      formatEntry({ kind: 'alias', name: 'pair', hosts: 'n08,y2-ib' }),
      '',
    ].join('\n');
    const view = powermanViewOf(loadPowerman('tried.conf', readerOf(text)));
    assert.deepEqual(view.findings, []);
    await using daemon = await Powermand.start(directory, text);
    const listed = daemon.ask('-x', '-l').split('\n').filter(Boolean).toSorted();
    assert.deepEqual(view.plugs.map(({ node }) => node).toSorted(), listed);
    assert.deepEqual(
      view.plugs.map(({ node, plug }) => [node, plug]),
      [
        ['n08', '3'],
        ['n09', '4'],
        ['n10', '7'],
        ['n11', '8'],
        ['x', '0'],
        ['y1-ib', '0'],
        ['y2-ib', '1'],
      ],
    );
    daemon.ask('-1', 'pair');
    assert.match(daemon.ask('-q'), /^on:\s+n08,y2-ib$/m);
    // The plug as the device itself calls it.
    const telemetry = daemon.ask('-T', '-1', 'n11');
    assert.match(telemetry, /on 8/);
  });

  it('expands host lists as powermand does', async () => {
    const lists = ['foo[01-05]', 'foo[7,9-10]', 'bar baz\tq', 'n[098-101]-ib', '[1-3]', 'a.b[2],c-d'];
    const text = `include "${VPC}"\n${FREE}device "v" "vpc" "/usr/sbin/vpcd |&"\nnode "p[01-03,7]" "v"\n${lists.map((list) => `node "${list.replace('\t', ' ')}" "d"\n`).join('')}`;
    const hosts = lists.flatMap((list) => {
      const found = expandHosts(list);
      assert.ok('hosts' in found);
      return found.hosts;
    });
    await using daemon = await Powermand.start(directory, text);
    assert.deepEqual(
      [...hosts, 'p01', 'p02', 'p03', 'p7'].toSorted(),
      daemon.ask('-x', '-l').split('\n').filter(Boolean).toSorted(),
    );
    const packed = compressHosts(['p01', 'p02', 'p03', 'p7']);
    assert.match(daemon.ask('-x', '-Q', packed), /^p01: off\np02: off\np03: off\np7: off$/m);
  });
});

describePeer('fence_powerman with powermand', ['powermand', 'fence_ipmilan'], () => {
  it('does all that docs/fencing.md says it does, asked as Pacemaker asks', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-powerman-'));
    try {
      const text = `include "${VPC}"\ndevice "sw" "vpc" "/usr/sbin/vpcd |&"\nnode "n[1-2]" "sw" "[3-4]"\n`;
      await using daemon = await Powermand.start(directory, text);
      const codes = ['status', 'on', 'status', 'off', 'status', 'monitor'].map((action) =>
        fenced(daemon, action, 'n1'),
      );
      assert.deepEqual(codes, [2, 0, 0, 0, 2, 0]);
      assert.equal(fenced(daemon, 'list', 'n1'), 1, 'list works: say so in docs/fencing.md');
      await daemon[Symbol.asyncDispose]();
      for (const action of ['status', 'off', 'monitor']) assert.equal(fenced(daemon, action, 'n1'), 1, action);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

const FREE = `specification "free" { script login { send "x\\n" expect "x" } }\ndevice "d" "free" "/bin/cat |&"\n`;

/** Without a node powermand does not start. */
const NODE = `${FREE}node "given" "d"\n`.replaceAll('"d"', '"g"');

function bare(items: readonly PowermanItem[]): unknown[] {
  return items.map(({ place: _p, start: _s, end: _e, ...entry }) => entry);
}

function readerOf(text: string): (path: string) => string | undefined {
  return (path) => {
    if (path === 'tried.conf') return text;
    return existsSync(path) ? readFileSync(path, 'latin1') : undefined;
  };
}

/** Exit code of fence_powerman, asked as Pacemaker does. */
function fenced(daemon: Powermand, action: string, plug: string): number | null {
  const input = `action=${action}\nip=127.0.0.1\nipport=${daemon.port}\nplug=${plug}\npower_wait=0\ndelay=0\n`;
  return spawnSync('/usr/sbin/fence_powerman', { input, stdio: ['pipe', 'ignore', 'ignore'], timeout: 20_000 }).status;
}

class Powermand {
  readonly port: number;
  readonly #process: ChildProcess;

  private constructor(port: number, process: ChildProcess) {
    this.port = port;
    this.#process = process;
  }

  static async start(directory: string, text: string): Promise<Powermand> {
    const port = 20_000 + randomInt(12_000);
    const file = join(directory, 'running.conf');
    writeFileSync(file, `${formatEntry({ kind: 'listen', address: `127.0.0.1:${port}` })}\n${text}`);
    const child = spawn(requirePeer('powermand'), ['-f', '-c', file], { stdio: 'ignore' });
    const daemon = new Powermand(port, child);
    for (let waited = 0; waited < UP_MS_MAX && child.exitCode === null; waited += 20) {
      if (await isOpen(port)) return daemon;
      await wait(20);
    }
    await daemon[Symbol.asyncDispose]();
    throw new Error('powermand did not start');
  }

  ask(...args: string[]): string {
    return execFileSync('/usr/bin/powerman', ['-h', `127.0.0.1:${this.port}`, ...args], { encoding: 'utf8' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGTERM');
    await ended;
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
