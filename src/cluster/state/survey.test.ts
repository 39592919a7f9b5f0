/** Asking machines of a cluster: which programs, and every way in which they do not answer. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { AppError, hasCode } from '../../base/errors.ts';
import { type simulated, systemClock, systemProcesses } from '../../host.ts';
import { playedNode } from '../heartbeat-live/played.ts';
import { readNodeName } from '../pacemaker/read.ts';
import type { Seat } from '../pacemaker/tool.ts';
import { isHealthy, readState, surveyCluster } from './survey.ts';

type Call = Parameters<Parameters<typeof simulated.scriptedProcesses>[0]>[0];
type Played = ReturnType<Parameters<typeof simulated.scriptedProcesses>[0]>;

const fixture = (name: string): string =>
  readFileSync(new URL(`../../../test/fixtures/crm-mon/${name}`, import.meta.url), 'utf8');

const clock = { ...systemClock, sleep: async () => undefined };
const options = { clock };

/** A machine that plays documents by the name of the program. */
function seat(name: string, answers: Record<string, Played | ((call: Call) => Played)>) {
  const processes = playedNode((call) => {
    const answer = answers[call.command];
    return typeof answer === 'function' ? answer(call) : answer;
  });
  return { name, processes } satisfies Seat;
}

const HEALTHY = {
  crm_mon: { output: fixture('live/healthy.xml') },
  cibadmin: { output: fixture('live/healthy-configuration.xml') },
};

async function failureOf(of: Seat): Promise<AppError> {
  try {
    await readState(of, options);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('it answered');
}

describe('a machine is asked', () => {
  it('with two programs, of the cluster itself and not of a file', async () => {
    const n1 = seat('n1', HEALTHY);
    const state = await readState(n1, options);
    assert.deepEqual([state.from, state.kind, state.dc?.name, state.gaps], ['n1', 'pacemaker', 'n1', []]);
    assert.deepEqual(
      state.filesystems.map(({ resource }) => resource),
      ['mdt0', 'ost0'],
    );
    assert.deepEqual(n1.processes.calls.map(({ command, args }) => [command, ...args].join(' ')).toSorted(), [
      'cibadmin --query --scope configuration',
      'crm_mon --one-shot --inactive --output-as=xml',
    ]);
    for (const { options: given } of n1.processes.calls) {
      assert.equal(given.timeLimitMs, 20_000);
      assert.ok(given.env !== undefined && 'CIB_file' in given.env && given.env['CIB_file'] === undefined);
    }
  });

  it('in the old way where the new one is unknown, and for the history apart', async () => {
    const old = seat('n1', {
      crm_mon: ({ args }) =>
        args.includes('--as-xml')
          ? { output: fixture('1.1/early.xml') }
          : { exitCode: 64, errorText: "crm_mon: unrecognized option '--output-as=xml'" },
      cibadmin: HEALTHY.cibadmin,
      stonith_admin: ({ args }) =>
        args.includes('--verbose') && !args.includes('--output-as=xml')
          ? { output: 'oss0 was able to reboot node oss1 on behalf of crmd.1 from oss0 at Mon Mar  2 16:30:11 2020\n' }
          : { exitCode: 64 },
    });
    const state = await readState(old, options);
    assert.deepEqual(
      state.fencing?.map(({ target }) => target),
      ['oss1'],
    );
    assert.deepEqual([state.answer.version, state.gaps], ['1.1.7', []]);
  });

  it('and what a second program does not tell is a gap, not nothing', async () => {
    const n1 = seat('n1', { ...HEALTHY, crm_mon: { output: fixture('1.1/early.xml') }, cibadmin: { exitCode: 102 } });
    const { gaps, fencing, moves } = await readState(n1, options);
    assert.deepEqual([fencing, moves], [undefined, []]);
    assert.deepEqual(
      gaps.map(({ what }) => what),
      ['constraints and devices', 'fencing history'],
    );
    assert.match(gaps[1]!.why, /stonith_admin on n1/);
  });

  it('by the full path where PATH lacks it', async () => {
    const n1 = seat('n1', {
      '/usr/sbin/crm_mon': HEALTHY.crm_mon,
      '/usr/sbin/cibadmin': HEALTHY.cibadmin,
      crm_node: { output: 'n1\n' },
    });
    assert.equal((await readState(n1, options)).dc?.name, 'n1');
    assert.equal(await readNodeName(n1, options), 'n1');
    await assert.rejects(readNodeName(seat('n2', { crm_node: { exitCode: 102 } }), options), (e) =>
      hasCode(e, 'cluster-down'),
    );
  });

  it('and its failures have names', async () => {
    const missing = await failureOf(seat('n1', {}));
    assert.equal(missing.code, 'command-missing');
    assert.match(missing.message, /neither crm_mon nor cl_status on n1/);
    assert.match(missing.hint, /pacemaker-cli-utils .*heartbeat/);

    const down = await failureOf(seat('n1', { crm_mon: { exitCode: 102, output: fixture('live/not-running.xml') } }));
    assert.equal(down.code, 'cluster-down');
    const oldDown = {
      crm_mon: { exitCode: 102, output: fixture('live/not-running-as-xml.xml'), errorText: 'Not connected' },
    };
    assert.equal((await failureOf(seat('n1', oldDown))).code, 'cluster-down');
    const denied = await failureOf(seat('n1', { crm_mon: { exitCode: 4, output: fixture('live/denied.xml') } }));
    assert.equal(denied.code, 'cluster-denied');
    assert.match(denied.hint, /root.*haclient/);
    assert.equal((await failureOf(seat('n1', { crm_mon: { output: '' } }))).code, 'cluster-unclear');
    const cut = await failureOf(
      seat('n1', { ...HEALTHY, crm_mon: { output: fixture('live/healthy.xml').slice(0, 900) } }),
    );
    assert.match(`${cut.code}: ${cut.message}`, /^cluster-unclear: .*crm_mon on n1 printed XML that is cut short/);
    // Good XML of a program that failed is not believed either.
    const odd = await failureOf(seat('n1', { ...HEALTHY, crm_mon: { ...HEALTHY.crm_mon, exitCode: 1 } }));
    assert.equal(odd.code, 'cluster-unclear');
  });

  it('and Heartbeat is told from what is neither', async () => {
    const stopped = { exitCode: 1, output: 'Heartbeat is stopped on this machine.\n' };
    const error = await failureOf(seat('n1', { cl_status: stopped }));
    assert.match(`${error.code}: ${error.message}`, /^cluster-down: .*Heartbeat on n1: Heartbeat is stopped/);
    const both = await failureOf(
      seat('n1', { cl_status: stopped, crm_mon: { exitCode: 102, output: fixture('live/not-running.xml') } }),
    );
    assert.match(both.message, /crm_mon on n1/);
  });
});

describe('a program that hangs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-hung-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('is stopped after the limit, and named', async () => {
    const program = join(folder, 'crm_mon');
    writeFileSync(program, '#!/bin/sh\necho "<crm_mon version="\nsleep 60\n');
    chmodSync(program, 0o755);
    const processes: Seat['processes'] = {
      ...systemProcesses,
      run: (command, args, given) =>
        systemProcesses.run(join(folder, command.replace('cibadmin', 'crm_mon')), args, given),
    };
    const begin = systemClock.monotonicMs();
    await assert.rejects(readState({ name: 'n1', processes }, { clock, timeLimitMs: 300 }), (error) => {
      assert.ok(hasCode(error, 'command-timeout'));
      assert.match(error.message, /crm_mon on n1, after 0\.3 s/);
      assert.match(error.hint, /daemons/);
      return true;
    });
    assert.ok(systemClock.monotonicMs() - begin < 5000);
  });
});

describe('several machines are asked', () => {
  it('and agree', async () => {
    const survey = await surveyCluster([seat('n1', HEALTHY), seat('n2', HEALTHY)], options);
    assert.equal(isHealthy(survey), true);
    assert.deepEqual([survey.views.length, survey.remarks], [1, []]);
  });

  it('again when they differ, as what was under way may have ended', async () => {
    let asked = 0;
    const late = seat('n2', {
      ...HEALTHY,
      crm_mon: () => ({ output: fixture(asked++ === 0 ? 'live/moved.xml' : 'live/healthy.xml') }),
    });
    const survey = await surveyCluster([seat('n1', HEALTHY), late], options);
    assert.equal(asked, 2);
    assert.deepEqual([survey.disagreements, isHealthy(survey)], [[], true]);
  });

  it('and both views of a split are kept', async () => {
    const half = (name: string) => seat(name, { ...HEALTHY, crm_mon: { output: fixture(`live/split-${name}.xml`) } });
    const survey = await surveyCluster([half('n1'), half('n2')], options);
    assert.deepEqual(
      survey.views.map(({ dc }) => dc?.name),
      ['n1', 'n2'],
    );
    assert.equal(isHealthy(survey), false);
    assert.deepEqual(
      [survey.remarks[0]!.code, survey.remarks[0]!.text],
      ['disagreement', 'the nodes disagree: n1: n1; n2: n2'],
    );
  });

  it('and who is silent is named, and nothing is healthy', async () => {
    const gone = seat('n2', {
      crm_mon: () => {
        throw new AppError('host-unreachable', { detail: 'n2: No route to host' });
      },
      cibadmin: () => {
        throw new AppError('host-unreachable', { detail: 'n2: No route to host' });
      },
    });
    const survey = await surveyCluster([seat('n1', HEALTHY), gone], options);
    assert.equal(isHealthy(survey), false);
    assert.deepEqual(survey.remarks, [
      {
        level: 'error',
        code: 'host-unreachable',
        subject: 'n2',
        text: 'a host could not be reached: n2: No route to host',
      },
    ]);
    assert.equal(isHealthy(await surveyCluster([gone], options)), false);
    assert.equal(isHealthy(await surveyCluster([], options)), false);
  });

  it('and an interruption ends it', async () => {
    const reason = new AppError('interrupted');
    await assert.rejects(surveyCluster([seat('n1', HEALTHY)], { clock, signal: AbortSignal.abort(reason) }), reason);
  });
});
