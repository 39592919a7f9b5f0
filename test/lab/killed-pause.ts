/** Run on a host of a cluster: pauses fencing for so many milliseconds, and is killed the moment it is done. */
import { fence } from '../../src/failover.ts';
import { systemClock, systemProcesses } from '../../src/host.ts';

if (import.meta.main) {
  const [durationMs] = process.argv.slice(2).map(Number);
  const seat = { name: 'here', processes: systemProcesses };
  const options = { clock: systemClock };
  const nowMs = systemClock.nowMs();
  const view = await fence.readFencing(seat, options);
  await fence.executePause(
    seat,
    fence.planPause(view, { durationMs: durationMs!, dcNowMs: nowMs, nowMs, clocks: new Map() }),
    options,
  );
  process.kill(process.pid, 'SIGKILL');
}
