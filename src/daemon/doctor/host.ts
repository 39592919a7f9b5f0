/** Whether another machine can be reached as a run will reach it, and whether its clock agrees with ours. */
import { AppError } from '../../base/errors.ts';
import { CLOCK_SKEW_MS_MAX } from '../../base/limits.ts';
import type { Clock } from '../../host.ts';
import { doubtful, type Finding, fine, wrong } from './finding.ts';
import { diagnose, type SshParts, worksWithoutAgent } from './ssh.ts';
import type { ToolParts } from './tools.ts';

export interface HostParts extends ToolParts {
  clock: Clock;
  /** How it is reached. */
  ssh: SshParts;
}

/** One connection, as runs make it: without any prompt. A second one when it fails, or leans on an agent. */
export async function examineHost(parts: HostParts): Promise<Finding[]> {
  const { name, processes, clock, timeLimitMs, signal } = parts;
  const beginMs = clock.nowMs();
  try {
    const { output, exitCode, errorText } = await processes.run('date', ['+%s'], { timeLimitMs, signal });
    const endMs = clock.nowMs();
    if (exitCode !== 0) {
      const remedy = 'Run date +%s there by hand.';
      return [wrong('host', name, { text: `date failed: ${errorText.trim()}`, remedy })];
    }
    return [
      fine('host', name, `answers in ${endMs - beginMs} ms, and asks for nothing that would wait for a person`),
      ...(await worksWithoutAgent(name, parts.ssh)),
      clockFinding(name, Number(output.toString().trim()) * 1000, (beginMs + endMs) / 2),
    ];
  } catch (error) {
    if (!(error instanceof AppError) || signal.aborted) throw error;
    return [wrong('host', name, await diagnose(error, parts.ssh))];
  }
}

function clockFinding(name: string, theirsMs: number, oursMs: number): Finding {
  if (!Number.isFinite(theirsMs))
    return doubtful('clock', name, { text: 'its clock cannot be read', remedy: 'Run date +%s there by hand.' });
  const seconds = Math.round((theirsMs - oursMs) / 1000);
  if (Math.abs(seconds * 1000) <= CLOCK_SKEW_MS_MAX)
    return fine('clock', name, `within ${Math.abs(seconds)} s of ours`);
  return doubtful('clock', name, {
    text: `${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} ours`,
    remedy: 'Set up time synchronisation (NTP) on both machines.',
  });
}
