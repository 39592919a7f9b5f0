import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { describePeer } from '../../test/peers.ts';
import { AppError } from '../base/errors.ts';
import type { Context } from './context.ts';
import { command } from './ha-simulate.ts';
import { Output } from './output.ts';

const SCENARIOS = new URL('../../test/scenarios/failover/', import.meta.url).pathname;
const NOTHING = {
  cib: undefined,
  corosync: undefined,
  host: undefined,
  all: false,
  equivalence: undefined,
  long: false,
  svg: undefined,
  mountWait: [],
  timeLimit: undefined,
};

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-ha-simulate-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function files(name: string): { cib: string; corosync: string } {
  return { cib: join(SCENARIOS, name, 'cib.xml'), corosync: join(SCENARIOS, name, 'corosync.conf') };
}

async function run(words: readonly string[], options: Partial<Record<keyof typeof NOTHING, unknown>>, json = false) {
  const chunks: string[] = [];
  const sink = {
    write(chunk: string | Uint8Array, done?: (error?: Error | null) => void): boolean {
      chunks.push(chunk.toString());
      if (done !== undefined) queueMicrotask(() => done());
      return true;
    },
  };
  const still = { colour: false, quiet: false, verbosity: 1, showsProgress: false, writesBytes: false };
  const output = new Output({ ...still, json, stdout: sink, stderr: sink, elapsedMs: () => 0, onLost: () => {} });
  const parts = { output, configFile: join(root, 'none.yaml'), environment: {}, signal: new AbortController().signal };
  const failure = await command.run(parts as unknown as Context, words, { ...NOTHING, ...options }).then(
    () => undefined,
    (error: unknown) => error,
  );
  await output.close();
  if (failure !== undefined && !(failure instanceof AppError)) throw failure;
  return { text: chunks.join(''), code: failure?.code, message: failure?.message ?? '' };
}

describe('ha simulate, asked wrongly', () => {
  it('wants one question', async () => {
    assert.match((await run([], {})).message, /no fault is given/);
    assert.match((await run(['quorum'], { all: true })).message, /three different questions/);
    assert.match((await run([], { all: true, svg: 'x' })).message, /--svg draws one case/);
    assert.match((await run(['quorum'], { cib: 'a', host: 'b' })).message, /two sources/);
  });

  it('overwrites no picture', async () => {
    const svg = join(root, 'there.svg');
    writeFileSync(svg, 'mine');
    assert.equal((await run(['quorum'], { svg })).code, 'refused');
    assert.equal(readFileSync(svg, 'utf8'), 'mine');
  });

  it('names a file that is not there', async () => {
    const { code, message } = await run(['quorum'], { cib: join(root, 'none.xml') });
    assert.equal(code, 'config');
    assert.match(message, /none\.xml/);
  });

  it('names a CIB that is cut short', async () => {
    const cib = join(root, 'half.xml');
    writeFileSync(cib, readFileSync(files('simulate-node-dies').cib, 'utf8').slice(0, 900));
    const { code, message } = await run(['quorum'], { cib });
    assert.equal(code, 'config');
    assert.match(message, /half\.xml:\d+:\d+/);
  });
});

describePeer('ha simulate', ['crm_simulate'], () => {
  it('tells what happens, after what, for how long, and draws it', async () => {
    const svg = join(root, 'dies.svg');
    const { text, code } = await run(['dies:oss1'], { ...files('simulate-node-dies'), svg });
    assert.equal(code, undefined);
    assert.match(
      text,
      /^crm_simulate as seen by oss2: --node-fail=oss1\nWhat if oss1 dies\?\n✔ everything runs, some of it elsewhere\n {2}⚡ oss1 is fenced by fence-oss1\n/,
    );
    assert.match(text, /→ {2}ost0 +oss1 +oss2\n/);
    assert.match(text, /✔ {2}start ost0 +oss2 +fence oss1\n/);
    assert.match(text, /delay before fencing oss1 +5 s +5 s\n/);
    assert.match(readFileSync(svg, 'utf8'), /^<svg .*What if|<title>oss1 dies: /s);
  });

  it('ends with exit code 1 where something could be active twice', async () => {
    const { code, text, message } = await run(['cut:oss1'], files('simulate-link-cut-without-fencing'));
    assert.equal(code, 'failed');
    assert.match(message, /could be active on two nodes: 1 case/);
    assert.match(text, /✘ ost0 on oss1 and oss2/);
  });

  it('suggests names, and takes waits of mounts', async () => {
    const given = files('simulate-node-dies');
    assert.match((await run(['dies:oss9'], given)).message, /no node oss9/);
    const waits = await run(['dies:oss1'], {
      ...given,
      mountWait: ['/dev/disk/by-id/ost0=11', '/dev/disk/by-id/ost1=0'],
    });
    assert.match(waits.text, /protection 11 s/);
    assert.doesNotMatch(waits.text, /taken for granted are|45 s/);
    assert.match((await run(['dies:oss1'], { ...given, mountWait: ['x'] })).message, /DEVICE=SECONDS/);
  });

  it('gives programs a line for each case, and a summary', async () => {
    const { text, code } = await run([], { ...files('simulate-no-monitor'), all: true }, true);
    assert.equal(code, undefined);
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const summary = lines.at(-1);
    assert.equal(summary.message_type, 'summary');
    assert.equal(lines.filter(({ message_type: kind }) => kind === 'simulation').length, summary.simulated);
    assert.equal(summary.worst, lines[0].verdict);
    assert.deepEqual(Object.keys(lines[0].estimate), ['least_ms', 'most_ms', 'parts']);
  });

  it('compares with Heartbeat', async () => {
    const { text, code } = await run([], { equivalence: join(SCENARIOS, 'import-plain-pair') });
    assert.equal(code, undefined);
    assert.match(text, /≠ +cut:oss01 +group-oss01 +oss01 AND oss02/);
    assert.match(text, /✔ Under Pacemaker nothing is ever active on two nodes/);
  });

  it('leaves no files behind', async () => {
    await run(['quorum'], files('simulate-no-monitor'));
    assert.ok(!existsSync(join(process.cwd(), 'cib.xml')));
  });
});
