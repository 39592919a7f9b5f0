/** The commands that act, against programs that answer as those of Pacemaker do, and take down what they are told. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { systemClock } from '../host.ts';
import { openLedger } from '../ledger.ts';
import { command as apply } from './ha-apply.ts';
import { command as cleanup } from './ha-cleanup.ts';
import { command as clear } from './ha-clear.ts';
import { command as failback } from './ha-failback.ts';
import { command as move } from './ha-move.ts';
import { command as rollback } from './ha-rollback.ts';
import { command as standby } from './ha-standby.ts';
import { command as takeover } from './ha-takeover.ts';
import { command as unstandby } from './ha-unstandby.ts';
import { runProgram } from './program.ts';
import type { CommandSpec } from './spec.ts';

const SCENARIOS = new URL('../../test/scenarios/failover/', import.meta.url).pathname;
const COMMANDS = { apply, cleanup, clear, failback, move, rollback, standby, takeover, unstandby };
const TABLE = Object.fromEntries(
  Object.entries(COMMANDS).map(([name, command]: [string, CommandSpec]) => {
    return [`ha ${name}`, { section: 'S', summary: name, load: async () => command }];
  }),
);

describe('commands that act', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-act-'));
  const path = process.env['PATH'];
  const log = join(folder, 'log');
  const state = join(folder, 'state');

  before(() => {
    mkdirSync(join(folder, 'bin'));
    mkdirSync(state);
    writeFileSync(join(folder, 'holdfast.yaml'), `stateDirectory: ${state}\n`);
    const scenario = join(folder, 'scenario');
    program('crm_mon', `cat "${scenario}/crm_mon.xml"`);
    program('crm_node', 'echo oss1');
    program(
      'cibadmin',
      `case "$*" in
      *--replace*) cat >"${folder}/replaced"; echo "cibadmin $*" >>"${log}" ;;
      *--scope*) sed -n '/<configuration>/,/<\\/configuration>/p' "${scenario}/cib.xml" ;;
      *) cat "${scenario}/cib.xml" ;;
    esac`,
    );
    for (const name of ['crm_resource', 'crm_standby'])
      program(name, `case "$*" in --wait*) ;; *) echo "${name} $*" >>"${log}" ;; esac`);
    program('crm_verify', 'cat >/dev/null; exit 0');
    process.env['PATH'] = `${join(folder, 'bin')}:${path}`;
  });
  beforeEach(() => writeFileSync(log, ''));
  after(() => {
    process.env['PATH'] = path;
    rmSync(folder, { recursive: true, force: true });
  });

  it('print plan and verdict, and do nothing', async () => {
    const { status, text, errors } = await ha('takeover-returning', 'takeover', '-n', 'oss1');
    assert.equal(status, 0, errors);
    assert.match(text, /^1\. move g2 from oss2 to oss1$/m);
    assert.match(text, /crm_resource --move --resource g2 --node oss1/);
    assert.match(text, /only if .*quorum.*nothing is under way/);
    assert.match(text, /^Stays: cli-prefer-g2$/m);
    assert.match(text, /^✔ quorum: there is quorum$/m);
    assert.match(text, /^\? fencing of oss2: /m);
    assert.match(text, /^NOT ready\.$/m);
    assert.equal(orders(), '');
  });

  it('tell programs the same', async () => {
    const { status, records } = await ha('takeover-returning', 'takeover', '-n', '--json', 'oss1');
    assert.equal(status, 0);
    const plan = records.find(({ message_type }) => message_type === 'plan')!;
    assert.deepEqual([plan['moved'], plan['sources'], plan['leaves']], [['g2'], ['oss2'], ['cli-prefer-g2']]);
    const names = records.filter(({ message_type }) => message_type === 'input').map(({ name }) => name);
    assert.deepEqual([...new Set(names)], ['quorum', 'peer', 'fencing', 'mmp', 'replica', 'simulation']);
    assert.deepEqual(records.at(-1), {
      message_type: 'summary',
      action: 'takeover',
      subject: 'oss1',
      needed: true,
      dry_run: true,
      done: false,
      green: false,
    });
  });

  it('refuse with exit code 20 while the verdict is not green, and record it', async () => {
    const { status, errors } = await ha('takeover-returning', 'takeover', 'oss1');
    assert.equal(status, 20);
    assert.match(errors, /fencing of oss2 could not be examined/);
    assert.match(errors, /--override REASON/);
    assert.equal(orders(), '');
    const [last] = await actions();
    assert.deepEqual([last!.command, last!.target, last!.outcome], ['ha takeover', 'oss1', 'refused']);
  });

  it('go on knowingly, with reason and verdict on record; and do not believe the command', async () => {
    const { status, errors } = await ha('takeover-returning', 'takeover', '--override', 'oss2 burnt down', 'oss1');
    // These programs move nothing, so that what was promised is not so.
    assert.equal(status, 1);
    assert.match(errors, /against the verdict: oss2 burnt down/);
    assert.match(errors, /ost1 is on oss2/);
    assert.match(errors, /holdfast ha clear g2/);
    assert.match(orders(), /^crm_resource --move --resource g2 --node oss1\n$/);
    const [last] = await actions();
    assert.deepEqual([last!.override, last!.outcome], ['oss2 burnt down', 'failed']);
    assert.ok(last!.verdict.some((line) => /^unexamined: fencing oss2/.test(line)));
  });

  it('have nothing to do where all is as wanted', async () => {
    const cases: [string, string[]][] = [
      ['takeover-has-all', ['takeover', 'oss1']],
      ['standby-already', ['standby', 'oss2']],
      ['clear-nothing', ['clear']],
      ['cleanup-nothing', ['cleanup']],
      ['failback-home-away', ['failback']],
    ];
    for (const [scenario, argv] of cases) {
      const { status, text } = await ha(scenario, ...argv);
      assert.deepEqual([scenario, status, /nothing to do/.test(text)], [scenario, 0, true]);
    }
    assert.equal(orders(), '');
  });

  it('plan what else there is', async () => {
    const cases: [string, string[], RegExp][] = [
      ['standby', ['standby', '-n', 'oss2'], /put oss2 into standby/],
      ['unstandby-sticky', ['unstandby', '-n', 'oss2'], /let oss2 take resources/],
      ['move-kept', ['move', '-n', '--keep', 'g2', 'oss1'], /Stays: cli-prefer-g2/],
      ['clear-returning', ['clear', '-n', 'g2'], /remove cli-prefer-g2/],
      ['failback', ['failback', '-n'], /1\. move g1 from oss2 to oss1/],
      ['cleanup', ['cleanup', '-n', 'g2'], /forget failures of ost1/],
    ];
    for (const [scenario, argv, message] of cases) {
      const { status, text, errors } = await ha(scenario, ...argv);
      assert.equal(status, 0, errors);
      assert.match(text, message);
    }
  });

  it('refuse what cannot be, before anything is asked', async () => {
    const cases: [string, string[], number, RegExp][] = [
      ['move-kept', ['move', 'g2', 'oss1'], 20, /go back to oss2.*/],
      ['move-clone', ['move', 'ping-clone', 'oss1'], 20, /is not moved/],
      ['standby-last', ['standby', 'oss1'], 20, /no other node would take/],
      ['takeover-unclean', ['takeover', 'oss1'], 20, /UNCLEAN/],
      ['standby', ['standby', 'nobody'], 20, /no node of the cluster/],
      ['standby', ['standby', '--override', ' ', 'oss2'], 2, /takes a reason/],
      ['standby', ['standby', '--replica', 'data', 'oss2'], 2, /resource=time/],
    ];
    for (const [scenario, argv, code, message] of cases) {
      const { status, errors } = await ha(scenario, ...argv);
      assert.deepEqual([argv.join(' '), status], [argv.join(' '), code], errors);
      assert.match(errors, message);
    }
    assert.equal(orders(), '');
  });

  it('show what a file would change, keep what was there, and put it back', async () => {
    const file = join(SCENARIOS, 'act-apply/new.xml');
    const dry = await ha('apply', 'apply', '-n', file);
    assert.match(dry.text, /^~ resource default resource-stickiness changed from 0 to 500$/m);
    assert.equal((await ha('apply', 'rollback')).status, 20, 'nothing was kept yet');
    const done = await ha('apply', 'apply', '--override', 'a test', file);
    // These programs take it and change nothing.
    assert.equal(done.status, 1);
    assert.match(done.errors, /the live configuration differs: order constraint o1 added; resource default/);
    assert.match(done.text, /What was there is kept in .*cib-2.*-1\.20\.xml; back: holdfast ha rollback/);
    assert.match(readFileSync(join(folder, 'replaced'), 'utf8'), /value="500"/);
    const kept = readdirSync(join(state, 'cib'));
    assert.equal(kept.length, 1);
    assert.equal(
      readFileSync(join(state, 'cib', kept[0]!), 'utf8'),
      readFileSync(join(folder, 'scenario/cib.xml'), 'utf8'),
    );
    assert.match((await ha('apply', 'rollback', '-n')).text, /says the same already/);
    const older = await ha('apply-older', 'apply', '-n', join(SCENARIOS, 'act-apply-older/new.xml'));
    assert.deepEqual([older.status, /--allow-older/.test(older.errors)], [20, true]);
    assert.equal((await ha('apply', 'apply', join(folder, 'none.xml'))).status, 2);
  });

  function program(name: string, script: string): void {
    const file = join(folder, 'bin', name);
    // What has to do with a copy is for the real program, where there is one.
    const copy = `[ -z "$CIB_file" ] || exec env "PATH=${path}" ${name} "$@"`;
    writeFileSync(file, `#!/bin/sh\n${copy}\n${script}\n`);
    chmodSync(file, 0o755);
  }

  function orders(): string {
    return existsSync(log) ? readFileSync(log, 'utf8') : '';
  }

  async function actions() {
    using ledger = await openLedger({ directory: state });
    return ledger.actions();
  }

  /** One call, as a program would make it, in a cluster that is as that scenario. */
  async function ha(scenario: string, ...argv: string[]) {
    rmSync(join(folder, 'scenario'), { recursive: true, force: true });
    mkdirSync(join(folder, 'scenario'));
    for (const file of ['crm_mon.xml', 'cib.xml'])
      writeFileSync(join(folder, 'scenario', file), readFileSync(join(SCENARIOS, `act-${scenario}`, file)));
    const [out, err]: [string[], string[]] = [[], []];
    const sink = (chunks: string[]) => ({
      write(chunk: string | Uint8Array, written?: () => void): boolean {
        chunks.push(chunk.toString());
        if (written !== undefined) queueMicrotask(written);
        return true;
      },
    });
    const controller = new AbortController();
    const status = await runProgram(
      {
        argv: ['ha', ...argv],
        environment: { HOLDFAST_CONFIG: join(folder, 'holdfast.yaml') },
        stdin: process.stdin,
        stdout: sink(out),
        stderr: sink(err),
        signal: controller.signal,
        stop: (reason) => controller.abort(reason),
        onHangup: () => undefined,
        version: '0.0.0',
        program: '/usr/bin/holdfast',
        loadClock: async () => systemClock,
      },
      TABLE,
    );
    const text = out.join('');
    const lines = argv.includes('--json') ? text.split('\n').filter((line) => line !== '') : [];
    const records: Record<string, unknown>[] = lines.map((line) => JSON.parse(line));
    return { status, text, errors: err.join(''), records };
  }
});
