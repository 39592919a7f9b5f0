/** The commands that act, against programs that answer as those of Pacemaker do, and take down what they are told. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { recordsOf, runHoldfast } from '../../test/cli/in-process.ts';
import { PlayedPrograms } from '../../test/cli/played-programs.ts';
import { openLedger } from '../ledger.ts';

const SCENARIOS = new URL('../../test/scenarios/failover/', import.meta.url).pathname;

describe('commands that act', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-act-'));
  const state = join(folder, 'state');
  const programs = new PlayedPrograms();

  before(() => {
    const { folder: bin, path } = programs;
    mkdirSync(state);
    writeFileSync(join(folder, 'holdfast.yaml'), `stateDirectory: ${state}\n`);
    const play = (name: string, body: string): void => {
      // What has to do with a copy is for the real program, where there is one.
      programs.play(name, `[ -z "$CIB_file" ] || exec env "PATH=${path}" ${name} "$@"\n${body}`);
    };
    play('crm_mon', `cat "${bin}/crm_mon.xml"`);
    play('crm_node', 'echo oss1');
    play(
      'cibadmin',
      `case "$*" in
      *--replace*) cat >"${bin}/replaced"; echo "cibadmin $*" >>"${bin}/orders" ;;
      *--scope*) sed -n '/<configuration>/,/<\\/configuration>/p' "${bin}/cib.xml" ;;
      *) cat "${bin}/cib.xml" ;;
    esac`,
    );
    for (const name of ['crm_resource', 'crm_standby'])
      play(
        name,
        `case "$*" in --wait*) [ ! -e "${bin}/busy" ] || exit 124 ;; *) echo "${name} $*" >>"${bin}/orders" ;; esac`,
      );
    play('crm_verify', 'cat >/dev/null; exit 0');
  });
  beforeEach(() => programs.forget('orders', 'busy'));
  after(() => {
    programs[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  it('print plan and verdict, and do nothing', async () => {
    const { status, text, stderr } = await ha('takeover-returning', 'takeover', '-n', 'oss1');
    assert.equal(status, 0, stderr);
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
    const told = await ha('takeover-returning', 'takeover', '-n', '--json', 'oss1');
    assert.equal(told.status, 0);
    const records = recordsOf(told);
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
    const { status, stderr } = await ha('takeover-returning', 'takeover', 'oss1');
    assert.equal(status, 20);
    assert.match(stderr, /fencing of oss2 could not be examined/);
    assert.match(stderr, /--override REASON/);
    assert.equal(orders(), '');
    const [last] = await actions();
    assert.deepEqual([last!.command, last!.target, last!.outcome], ['ha takeover', 'oss1', 'refused']);
  });

  it('go on knowingly, with reason and verdict on record; and do not believe the command', async () => {
    const { status, stderr } = await ha('takeover-returning', 'takeover', '--override', 'oss2 burnt down', 'oss1');
    // These programs move nothing, so that what was promised is not so.
    assert.equal(status, 1);
    assert.match(stderr, /against the verdict: oss2 burnt down/);
    assert.match(stderr, /ost1 is on oss2/);
    assert.match(stderr, /holdfast ha clear g2/);
    assert.match(orders(), /^crm_resource --move --resource g2 --node oss1\n$/);
    const [last] = await actions();
    assert.deepEqual([last!.override, last!.outcome], ['oss2 burnt down', 'failed']);
    assert.ok(last!.verdict.some((line) => /^unexamined: fencing oss2/.test(line)));
  });

  it('wait as long as they are told to, and no longer', async () => {
    const dry = await ha('takeover-returning', 'takeover', '-n', '--time-limit', '7', 'oss1');
    assert.match(dry.text, /then within 7 s: /);
    writeFileSync(join(programs.folder, 'busy'), '');
    const argv = ['takeover', '--override', 'a drill', '--time-limit', '1', 'oss1'];
    const { status, stderr, text } = await ha('takeover-returning', ...argv);
    assert.equal(status, 1);
    const waits = text.split('\n').filter((line) => / of at most /.test(line));
    assert.equal(waits.length, 1, 'what is waited for is told, and once');
    assert.match(waits[0]!, /^ {4}\d s of at most 1 s: the cluster has more to do$/);
    const often = await ha('takeover-returning', '-v', ...argv);
    assert.ok(often.text.split(' of at most ').length > 2, often.text);
    assert.match(stderr, /not settled after 1 s: .*begun: move g2 from oss2 to oss1/);
    const none = await ha('takeover-returning', 'takeover', '--time-limit', '0', 'oss1');
    assert.equal(none.status, 2, none.stderr);
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
      const { status, text, stderr } = await ha(scenario, ...argv);
      assert.equal(status, 0, stderr);
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
      const { status, stderr } = await ha(scenario, ...argv);
      assert.deepEqual([argv.join(' '), status], [argv.join(' '), code], stderr);
      assert.match(stderr, message);
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
    assert.match(done.stderr, /the live configuration differs: order constraint o1 added; resource default/);
    assert.match(done.text, /What was there is kept in .*cib-2.*-1\.20\.xml; back: holdfast ha rollback/);
    assert.match(programs.written('replaced'), /value="500"/);
    const kept = readdirSync(join(state, 'cib'));
    assert.equal(kept.length, 1);
    assert.equal(readFileSync(join(state, 'cib', kept[0]!), 'utf8'), programs.written('cib.xml'));
    const own = readFileSync(join(state, 'cib', kept[0]!), 'utf8');
    const foreign = join(state, 'cib', 'cib-2999-01-01T00-00-00-000Z-1.1.xml');
    writeFileSync(foreign, own.replaceAll('oss1', 'mds1').replaceAll('oss2', 'mds2'));
    assert.match(
      (await ha('apply', 'rollback', '-n')).text,
      /says the same already/,
      'what is kept of others is not taken',
    );
    const strange = await ha('apply', 'apply', '--allow-older', '-n', foreign);
    assert.deepEqual(
      [strange.status, /is of a cluster of mds1, mds2/.test(strange.stderr)],
      [20, true],
      strange.stderr,
    );
    rmSync(foreign);
    const older = await ha('apply-older', 'apply', '-n', join(SCENARIOS, 'act-apply-older/new.xml'));
    assert.deepEqual([older.status, /--allow-older/.test(older.stderr)], [20, true]);
    assert.equal((await ha('apply', 'apply', join(folder, 'none.xml'))).status, 2);
  });

  const orders = (): string => programs.written('orders');

  async function actions() {
    using ledger = await openLedger({ directory: state });
    return ledger.actions();
  }

  /** In a cluster that is as that scenario. */
  async function ha(scenario: string, ...words: string[]) {
    for (const file of ['crm_mon.xml', 'cib.xml'])
      cpSync(join(SCENARIOS, `act-${scenario}`, file), join(programs.folder, file));
    return await runHoldfast(['ha', ...words], { HOLDFAST_CONFIG: join(folder, 'holdfast.yaml') });
  }
});
