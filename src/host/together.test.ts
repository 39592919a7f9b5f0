/** Programs that share a run, by the real shell of this machine. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError, hasCode } from '../base/errors.ts';
import { systemProcesses } from './processes/system.ts';
import { type Processes, type ProcessOptions, scriptedProcesses } from './processes.ts';
import { gatheringProcesses } from './together.ts';

const options: ProcessOptions = { joins: true, timeLimitMs: 10_000 };

function counting(inner: Processes = systemProcesses): Processes & { count: number } {
  const all = {
    count: 0,
    stream: inner.stream,
    run: async (...call: Parameters<Processes['run']>) => {
      all.count++;
      return await inner.run(...call);
    },
  };
  return all;
}

describe('programs of one turn', () => {
  it('share one run, and each has its own answer', async () => {
    const inner = counting();
    const { run } = gatheringProcesses(inner);
    const odd = ["a'b", '', '$(echo x) "y" \\', 'two\nlines\n', '*', '-n', 'ü'];
    const script = (text: string, ...words: string[]) => run('sh', ['-c', text, 'x', ...words], options);
    const all = await Promise.all([
      script('printf "%s|" "$@"', ...odd),
      script('printf "\\000\\377\\n"; echo wrong >&2; exit 3'),
      script('sleep 0.3; head -c 200000 /dev/zero'),
      run('true', [], options),
      script('exit 127'),
      script('kill -9 $$'),
    ]);
    assert.equal(inner.count, 1);
    assert.equal(all[0].output.toString(), `${odd.join('|')}|`);
    assert.deepEqual([...all[1].output, all[1].errorText, all[1].exitCode], [0, 255, 10, 'wrong\n', 3]);
    assert.deepEqual(all[2].output, Buffer.alloc(200_000));
    assert.deepEqual(
      all.map(({ exitCode }) => exitCode),
      [0, 3, 0, 0, 127, 137],
    );
    assert.deepEqual(all[3].output.length + all[3].errorText.length, 0);
  });

  it('that are missing or take too long are told apart, and run side by side', async () => {
    const { run } = gatheringProcesses(systemProcesses);
    const short = { ...options, timeLimitMs: 1000 };
    const begin = performance.now();
    const [none, first, second, good] = await Promise.allSettled([
      run('no-such-program', [], options),
      run('sh', ['-c', 'echo half; sleep 60'], short),
      run('sh', ['-c', 'exit 0; sleep 60'], { ...options, timeLimitMs: 2000 }),
      run('echo', ['good'], options),
    ]);
    assert.ok(none.status === 'rejected' && hasCode(none.reason, 'command-missing'));
    assert.match(none.reason.message, /no-such-program/);
    assert.ok(first.status === 'rejected' && hasCode(first.reason, 'command-timeout'));
    assert.match(first.reason.message, /sh, after 1 s/);
    assert.equal(second.status === 'fulfilled' && second.value.exitCode, 0);
    assert.equal(good.status === 'fulfilled' && good.value.output.toString(), 'good\n');
    assert.ok(performance.now() - begin < 8000);
  });

  it('with other variables, with input, or alone have runs of their own', async () => {
    const inner = counting();
    const { run } = gatheringProcesses(inner);
    const say = (env: ProcessOptions['env']) => run('sh', ['-c', 'echo "$GATHERED"'], { ...options, env: { ...env } });
    const [a, b, c, fed] = await Promise.all([
      say({ GATHERED: 'one' }),
      say({ GATHERED: 'one' }),
      say({ GATHERED: 'two' }),
      run('cat', [], { ...options, input: Buffer.from('fed') }),
    ]);
    assert.deepEqual(
      [a, b, c, fed].map(({ output }) => output.toString().trim()),
      ['one', 'one', 'two', 'fed'],
    );
    assert.equal(inner.count, 3);
    await Promise.all([run('true', [], { timeLimitMs: 5000 }), run('true', [], { timeLimitMs: 5000 })]);
    assert.equal(inner.count, 5, 'who does not say that it may share does not');
  });

  it('have runs of their own where the machine lacks what sharing takes', async () => {
    const inner = scriptedProcesses(({ command, args }) => ({ output: command === 'sh' ? 'alone\n' : args.join() }));
    const { run } = gatheringProcesses(inner);
    const [a, b] = await Promise.all([run('echo', ['a'], options), run('echo', ['b'], options)]);
    assert.deepEqual([a.output.toString(), b.output.toString()], ['a', 'b']);
  });

  it('fail each when the machine is not reached or the answer is cut off', async () => {
    const codes = async (inner: Processes): Promise<unknown[]> => {
      const { run } = gatheringProcesses(inner);
      const all = await Promise.allSettled([run('echo', ['a'], options), run('echo', ['b'], options)]);
      return all.map((each) => each.status === 'rejected' && each.reason instanceof AppError && each.reason.code);
    };
    const failing = (code: 'host-unreachable' | 'command-timeout') =>
      scriptedProcesses(() => {
        throw new AppError(code, { detail: 'h1' });
      });
    assert.deepEqual(await codes(failing('host-unreachable')), ['host-unreachable', 'host-unreachable']);
    assert.deepEqual(await codes(failing('command-timeout')), ['command-timeout', 'command-timeout']);
    const cut: Processes = {
      ...systemProcesses,
      run: async (...call) => {
        const result = await systemProcesses.run(...call);
        return { ...result, output: result.output.subarray(0, result.output.indexOf('\n') + 7) };
      },
    };
    assert.deepEqual(await codes(cut), [false, 'command-failed']);
  });
});
