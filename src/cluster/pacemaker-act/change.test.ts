import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError, type ErrorCode, hasCode } from '../../base/errors.ts';
import { simulated, systemClock } from '../../host.ts';
import type { Seat } from '../pacemaker/tool.ts';
import { argvOf, changePacemaker, type PacemakerChange } from './change.ts';
import { waitPacemaker } from './wait.ts';

const options = { clock: systemClock };
const MOVE: PacemakerChange = { kind: 'move', resource: 'ost0', node: 'oss2' };

function seatThat(
  exitCode: number,
  errorText = '',
): Seat & { processes: ReturnType<typeof simulated.scriptedProcesses> } {
  return { name: 'oss1', processes: simulated.scriptedProcesses(() => ({ exitCode, errorText })) };
}

describe('a change', () => {
  it('is an array of arguments', () => {
    const lines: [PacemakerChange, string][] = [
      [MOVE, 'crm_resource --move --resource ost0 --node oss2'],
      [{ kind: 'clear', resource: 'ost0' }, 'crm_resource --clear --resource ost0'],
      [{ kind: 'standby', node: 'oss1' }, 'crm_standby --node oss1 --update on'],
      [{ kind: 'unstandby', node: 'oss1' }, 'crm_standby --node oss1 --update off'],
      [{ kind: 'cleanup', resource: undefined, node: undefined }, 'crm_resource --cleanup'],
      [{ kind: 'cleanup', resource: 'ost0', node: 'oss1' }, 'crm_resource --cleanup --resource ost0 --node oss1'],
    ];
    for (const [change, line] of lines) assert.equal(argvOf(change).join(' '), line);
    // Whatever a name holds, it stays one argument.
    assert.deepEqual(argvOf({ ...MOVE, resource: '$(reboot) ; x' }).at(3), '$(reboot) ; x');
  });

  it('that is taken says no more, nor one that changes nothing', async () => {
    const seat = seatThat(0);
    await changePacemaker(seat, MOVE, { ...options, signal: AbortSignal.abort() });
    assert.equal(seat.processes.calls[0]!.options.signal, undefined, 'an order is not interrupted');
    await changePacemaker(seatThat(108, 'Requested item already exists'), MOVE, options);
  });

  it('that fails has a name', async () => {
    const cases: [number, string, ErrorCode, RegExp][] = [
      [105, "Node 'x' not found\nError performing operation: No such object", 'refused', /on oss1: .*No such object/],
      [105, 'Could not connect to the CIB: No such device or address', 'cluster-down', /on oss1: Could not connect/],
      [110, 'Operation requires quorum', 'refused', /quorum/],
      [102, 'Not connected', 'cluster-down', /Not connected/],
      [4, 'Permission denied', 'cluster-denied', /Permission denied/],
      [1, 'Something else', 'command-failed', /crm_resource --move on oss1: Something else/],
      [1, '', 'command-failed', /exit code 1/],
    ];
    for (const [exitCode, errorText, code, message] of cases)
      await assert.rejects(changePacemaker(seatThat(exitCode, errorText), MOVE, options), (error) => {
        assert.ok(hasCode(error, code), `${exitCode}: ${error}`);
        assert.match(error.message, message);
        return true;
      });
    const bare = { name: 'oss1', processes: simulated.scriptedProcesses(() => undefined) };
    await assert.rejects(changePacemaker(bare, MOVE, options), (error) => hasCode(error, 'command-missing'));
    await assert.rejects(changePacemaker(seatThat(0), { ...MOVE, node: '' }, options), /empty argument/);
  });
});

describe('waiting', () => {
  it('tells done from not yet, and both from not known', async () => {
    assert.equal(await waitPacemaker(seatThat(0), { limitMs: 4000, ...options }), true);
    for (const code of [124, 62])
      assert.equal(await waitPacemaker(seatThat(code), { limitMs: 4000, ...options }), false);
    await assert.rejects(waitPacemaker(seatThat(1, 'odd'), { limitMs: 0, ...options }), (error) => {
      return error instanceof AppError && error.code === 'cluster-unclear' && /odd/.test(error.message);
    });
    await assert.rejects(waitPacemaker(seatThat(102, 'x'), { limitMs: 0, ...options }), (e) =>
      hasCode(e, 'cluster-down'),
    );
    const seat = seatThat(0);
    await waitPacemaker(seat, { limitMs: 2500, ...options });
    assert.deepEqual(seat.processes.calls[0]!.args, ['--wait', '--timeout=3s']);
  });
});
