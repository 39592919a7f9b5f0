/**
 * Everything that is asked of a Heartbeat node, in one run on it: over ssh each run is a connection, and a node whose
 * cluster is in trouble takes long for one. POSIX sh with base64, tail and tr; nothing is changed.
 */
import { AppError, hasCode } from '../../base/errors.ts';
import { together } from '../../host.ts';
import { EXIT } from '../pacemaker/crm-mon.ts';
import {
  askTool,
  lateTool,
  missingTool,
  type ReadOptions,
  type Seat,
  saidOf,
  type ToolAnswer,
} from '../pacemaker/tool.ts';

/**
 * Prints `pacemaker` unless there is no crm_mon, or it says that no Pacemaker runs; `missing` where cl_status is not; for each question a frame, whose key is
 * the question; and `end`. Names come from cl_status itself and are given to it as words of their own.
 */
const SCRIPT = `
set -f
${together.FRAMED}
ended() { "$@"; printf '\\n%s' "$?"; }
ask() { framed "$*" "$@"; }
list() { cl_status "$@" 2>/dev/null; }
there() { command -v "$1" >/dev/null 2>&1; }
for each in crm_mon cl_status; do there "$each" || PATH=$PATH:/usr/sbin; done
if there crm_mon; then
  crm_mon --one-shot >/dev/null 2>&1 </dev/null
  case $? in ${EXIT.disconnected} | ${EXIT.unconnected}) ;; *) echo pacemaker ;; esac
fi
if there cl_status; then
  ask uname -n
  ask cl_status hbstatus
  ask cl_status rscstatus
  ask cl_status listnodes -n
  ask cl_status listnodes -p
  for node in $(list listnodes -n) $(list listnodes -p); do
    ask cl_status nodestatus "$node"
    ask cl_status listhblinks "$node"
    for link in $(list listhblinks "$node"); do ask cl_status hblinkstatus "$node" "$link"; done
  done
else echo missing; fi
echo end
`;

/** What a node said. */
export interface HeartbeatLook {
  /** Then Pacemaker may be what runs there. */
  hasPacemaker: boolean;
  isInstalled: boolean;
  /** @throws {AppError} `cluster-unclear` for a question that was not asked there */
  answerTo(...question: string[]): ToolAnswer;
}

/**
 * @throws {AppError} `cluster-unclear` when what was printed is not whole; `command-timeout`, named after cl_status; what
 * reaching the machine throws
 */
export async function lookAtHeartbeat(seat: Seat, options: ReadOptions): Promise<HeartbeatLook> {
  const answer = await askTool(seat, ['sh', '-c', SCRIPT, 'holdfast-look'], options).catch((error: unknown) => {
    if (!hasCode(error, 'command-timeout')) throw error;
    throw lateTool('cl_status', seat, { ...options, cause: error });
  });
  const lines = answer.text.split('\n');
  const words = lines.slice(0, -2).filter((line) => line !== 'pacemaker' && line !== 'missing');
  const frames = words.map(together.parseFramed);
  const isWhole = answer.exitCode === 0 && lines.at(-2) === 'end' && lines.at(-1) === '';
  if (!isWhole || frames.includes(undefined)) throw cutShort(seat, saidOf({ ...answer, text: '' }) || 'cut short');
  const answers = new Map(frames.map((frame) => [frame!.key, answerOf(frame!)]));
  return {
    hasPacemaker: lines.includes('pacemaker'),
    isInstalled: !lines.includes('missing'),
    answerTo: (...question) => {
      const found = answers.get(question.join(' '));
      if (found === undefined) throw cutShort(seat, `${question.join(' ')} is not in it`);
      return found;
    },
  };
}

/** @throws {AppError} `command-missing` with the package that brings it */
export function checkInstalled(look: HeartbeatLook, seat: Seat): void {
  if (!look.isInstalled) throw missingTool('cl_status', seat);
}

function answerOf({ output, errorText, ending }: together.Framed): ToolAnswer {
  return { exitCode: Number(ending), text: output.toString(), errorText: errorText.trim() };
}

function cutShort({ name }: Seat, why: string): AppError {
  return new AppError('cluster-unclear', {
    detail: `cl_status on ${name}: ${why}`,
    hint: 'See whether a login there prints something by itself, and whether it has base64, tail and tr (coreutils).',
  });
}
