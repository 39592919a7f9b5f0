import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type RunResult, recordsOf, runHoldfast } from '../../test/cli/in-process.ts';
import { describePeer } from '../../test/peers.ts';
import { systemProcesses } from '../host.ts';

const SCENARIOS = new URL('../../test/scenarios/failover/', import.meta.url).pathname;
let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-ha-simulate-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function files(name: string): string[] {
  return ['--cib', join(SCENARIOS, name, 'cib.xml'), '--corosync', join(SCENARIOS, name, 'corosync.conf')];
}

function run(...words: string[]): Promise<RunResult> {
  return runHoldfast(['ha', 'simulate', ...words], { HOLDFAST_CONFIG: join(root, 'none.yaml') });
}

describe('ha simulate, asked wrongly', () => {
  it('wants one question', async () => {
    const wrong: [string[], RegExp][] = [
      [[], /no fault is given/],
      [['quorum', '--all'], /three different questions/],
      [['--all', '--svg', 'x'], /--svg draws one case/],
      [['quorum', '--cib', 'a', '--on', 'b'], /two sources/],
    ];
    for (const [words, message] of wrong) {
      const { status, stderr } = await run(...words);
      assert.equal(status, 2, words.join(' '));
      assert.match(stderr, message);
    }
  });

  it('overwrites no picture', async () => {
    const svg = join(root, 'there.svg');
    writeFileSync(svg, 'mine');
    assert.equal((await run('quorum', '--svg', svg)).status, 20);
    assert.equal(readFileSync(svg, 'utf8'), 'mine');
  });

  it('names a file that is not there', async () => {
    const { status, stderr } = await run('quorum', '--cib', join(root, 'none.xml'));
    assert.equal(status, 2);
    assert.match(stderr, /none\.xml/);
  });

  it('names a CIB that is cut short', async () => {
    const cib = join(root, 'half.xml');
    writeFileSync(cib, readFileSync(join(SCENARIOS, 'simulate-node-dies/cib.xml'), 'utf8').slice(0, 900));
    const { status, stderr } = await run('quorum', '--cib', cib);
    assert.equal(status, 2);
    assert.match(stderr, /half\.xml:\d+:\d+/);
  });
});

describePeer('ha simulate', ['crm_simulate'], () => {
  it('tells what happens, after what, for how long, and draws it', async () => {
    const svg = join(root, 'dies.svg');
    const { text, status } = await run('-v', 'dies:oss1', ...files('simulate-node-dies'), '--svg', svg);
    assert.equal(status, 0);
    assert.match(
      text,
      /^crm_simulate as seen by oss2: --node-fail=oss1\nWhat if oss1 dies\?\n✔ everything runs, some of it elsewhere\n {2}⚡ oss1 is fenced by fence-oss1\n/,
    );
    assert.match(text, /→ {2}ost0 +oss1 +oss2\n/);
    assert.match(text, /✔ {2}start ost0 +oss2 +fence oss1\n/);
    assert.match(text, /delay before fencing oss1 +5 s +5 s\n/);
    assert.match(text, /\nstart ost0 on oss2 +45 s +\d+ s\n {2}of it the wait of multiple-mount protection 45 s\n/);
    // Nothing here is wider than a terminal.
    const wide = text.split('\n').filter((line) => line.length > 80 && !/^ {2}[·⚡]|^crm_simulate/.test(line));
    assert.deepEqual(wide, []);
    assert.match(readFileSync(svg, 'utf8'), /^<svg .*What if|<title>oss1 dies: /s);
  });

  it('ends with exit code 1 where something could be active twice', async () => {
    const { status, text, stderr } = await run('cut:oss1', ...files('simulate-link-cut-without-fencing'));
    assert.equal(status, 1);
    assert.match(stderr, /could be active on two nodes: 1 case/);
    assert.match(text, /✘ ost0 on oss1 and oss2/);
  });

  it('suggests names, and takes waits of mounts', async () => {
    const given = files('simulate-node-dies');
    assert.match((await run('dies:oss9', ...given)).stderr, /no node oss9/);
    const known = ['--mount-wait', '/dev/disk/by-id/ost0=11', '--mount-wait', '/dev/disk/by-id/ost1=0'];
    const waits = await run('-v', 'dies:oss1', ...given, ...known);
    assert.match(waits.text, /protection 11 s/);
    assert.doesNotMatch(waits.text, /taken for granted are|45 s/);
    assert.match((await run('dies:oss1', ...given, '--mount-wait', 'x')).stderr, /DEVICE=SECONDS/);
    const strange = await run('dies:oss1', ...given, '--mount-wait', '/dev/sdz=9');
    assert.equal(strange.status, 2);
    assert.match(
      strange.stderr,
      /--mount-wait \/dev\/sdz: no resource mounts .*\n.*There are: \/dev\/disk\/by-id\/ost0, /,
    );
  });

  it('names a node that waits to be fenced, and does not take that for done without a word', async () => {
    const well = join(root, 'well.xml');
    const cib = join(SCENARIOS, 'simulate-node-dies/cib.xml');
    const up = ['--node-up', 'oss1', '--node-up', 'oss2', '--quorum', '1', '--simulate', '--save-output', well];
    const made = await systemProcesses.run('crm_simulate', ['--xml-file', cib, ...up], { timeLimitMs: 20_000 });
    assert.equal(made.exitCode, 0, made.errorText);
    const lost = readFileSync(well, 'utf8').replace(
      /(uname="oss1" in_ccm=)"true"( crmd=)"online"/,
      '$1"false"$2"offline"',
    );
    const unclean = join(root, 'unclean.xml');
    writeFileSync(unclean, lost);
    const { text } = await run('dies:oss1', '--cib', unclean);
    assert.match(
      text,
      /· The cluster is not settled: \d+ actions come first without any fault\. Before stands what is then\.\n/,
    );
    assert.match(text, /· oss1 is not fenced yet: this is taken to succeed first\./);
    const settled = await run('dies:oss1', '--cib', well);
    assert.doesNotMatch(settled.text, /not settled|not fenced yet/);
  });

  it('gives programs a line for each case, and a summary', async () => {
    const result = await run('--all', '--json', ...files('simulate-no-monitor'));
    assert.equal(result.status, 0);
    // How far it is may come in between.
    const lines = recordsOf(result).filter(({ message_type }) => message_type !== 'status');
    const summary = lines.at(-1)!;
    assert.equal(summary['message_type'], 'summary');
    assert.equal(lines.filter(({ message_type: kind }) => kind === 'simulation').length, summary['simulated']);
    assert.equal(summary['worst'], lines[0]!['verdict']);
    assert.deepEqual(Object.keys(lines[0]!['estimate'] as object), ['least_ms', 'most_ms', 'parts']);
    const safe = '✔ In none of them could anything be active on two nodes.\n';
    assert.ok((await run('--all', ...files('simulate-no-monitor'))).text.includes(safe));
    const unsafe = await run('--all', ...files('simulate-node-dies-without-fencing'));
    assert.equal(unsafe.status, 1);
    assert.ok(!unsafe.text.includes(safe), unsafe.text);
  });

  it('counts failures in what ha import writes', async () => {
    const { text: patient } = await run('monitor:fs-ost01', ...files('import-ipmi-pair'));
    assert.match(patient, /^✔ everything runs where it was$/m);
    const cib = readFileSync(join(SCENARIOS, 'import-ipmi-pair/cib.xml'), 'utf8');
    const strict = cib.replace(
      '<meta_attributes id="rsc-options">',
      '$&<nvpair id="t" name="migration-threshold" value="1"/>',
    );
    assert.notEqual(strict, cib);
    // As written, and as files of earlier imports are.
    for (const given of [strict, strict.replace(/ crm_feature_set="[^"]*"/, '')]) {
      const file = join(root, 'cib.xml');
      writeFileSync(file, given);
      const { text } = await run('monitor:fs-ost01', '--cib', file, ...files('import-ipmi-pair').slice(2));
      assert.match(text, /^✔ everything runs, some of it elsewhere$/m);
      assert.match(text, /→ {2}fs-ost01 +oss01 +oss02$/m);
    }
  });

  it('is not content where nothing runs to begin with', async () => {
    const { text, status } = await run('dies:oss01', ...files('import-plain-pair'));
    assert.equal(status, 0);
    assert.match(text, /^! service is lost$/m);
    assert.match(
      text,
      /Nothing runs even without a fault: there is no fence device, without which nothing is started\./,
    );
  });

  it('compares with Heartbeat', async () => {
    const { text, status } = await run('--equivalence', join(SCENARIOS, 'import-plain-pair'));
    assert.equal(status, 0);
    assert.match(text, /≠ +cut:oss01 +group-oss01 +oss01 AND oss02/);
    assert.match(text, /✔ Under Pacemaker nothing is ever active on two nodes/);
  });

  it('leaves no files behind', async () => {
    assert.equal((await run('quorum', ...files('simulate-no-monitor'))).status, 0);
    assert.ok(!existsSync(join(process.cwd(), 'cib.xml')));
  });
});
