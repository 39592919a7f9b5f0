import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '../../base/errors.ts';
import { type Processes, simulated, systemClock } from '../../host.ts';
import { fine } from './finding.ts';
import { contained, type Step } from './step.ts';

const never = new AbortController().signal;
const idle = simulated.scriptedProcesses(() => ({}));

function run(work: Step['work'], { processes = idle as Processes, limitMs = 50, signal = never, path = '' } = {}) {
  return contained({ area: 'vault', subject: 'main', path, work }, { clock: systemClock, processes, limitMs, signal });
}

describe('one step of an examination', () => {
  it('gives what it found', async () => {
    const good = fine('vault', 'main', 'good');
    assert.deepEqual(await run(async () => [good]), [good]);
  });

  it('that fails is an error of what it looked at, and stops nothing', async () => {
    const [lost] = await run(async () => {
      throw new AppError('host-unreachable', { detail: 'cut', hint: 'Mend it.' });
    });
    assert.deepEqual(lost, {
      area: 'vault',
      subject: 'main',
      level: 'error',
      text: 'a host could not be reached: cut',
      remedy: 'Mend it.',
    });
    const [refused] = await run(async () => {
      throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
    });
    assert.equal(refused!.text, 'EIO: i/o error');
    await assert.rejects(
      run(async () => {
        throw new TypeError('a bug');
      }),
      /a bug/,
    );
  });

  it('that hangs is told to stop, and left', async () => {
    let isTold = false;
    const begin = performance.now();
    const [finding] = await run(async (signal) => {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      isTold = true;
      return [];
    });
    assert.deepEqual([isTold, finding!.level, finding!.text], [true, 'error', 'does not answer within 0.05 s']);
    assert.ok(performance.now() - begin < 1500);
    const [deaf] = await run(() => new Promise(() => {}));
    assert.equal(deaf!.level, 'error');
  });

  it('asks a mount by another process before it is touched, and names it when it hangs', async () => {
    let isTouched = false;
    const hung: Processes = { ...idle, run: () => new Promise(() => {}) };
    const touch = async () => {
      isTouched = true;
      return [];
    };
    const [finding] = await run(touch, { processes: hung, path: '/mnt/gone' });
    assert.match(finding!.remedy, /mounted at \/mnt\/gone that is gone/);
    assert.equal(isTouched, false);
    assert.deepEqual(await run(touch, { path: '/mnt/there' }), []);
    assert.equal(isTouched, true);
    const missing = simulated.scriptedProcesses(() => ({ exitCode: 1, errorText: 'No such file' }));
    assert.deepEqual(await run(touch, { processes: missing, path: '/mnt/missing' }), []);
  });

  it('stops with the reason of the signal', async () => {
    const stop = new AbortController();
    const reason = new Error('stopped');
    setTimeout(() => stop.abort(reason), 10);
    await assert.rejects(
      run(() => new Promise(() => {}), { signal: stop.signal, limitMs: 60_000 }),
      reason,
    );
    const late = run(
      async () => {
        await wait(5);
        throw new AppError('interrupted');
      },
      { signal: AbortSignal.abort(reason) },
    );
    await assert.rejects(late, reason);
  });
});
