/** A Heartbeat node for tests: what the look at it prints when its programs answer so. */
import { simulated } from '../../host.ts';

/** Exit code of crm_mon where no Pacemaker runs. */
const DISCONNECTED = 102;

type Play = Parameters<typeof simulated.scriptedProcesses>[0];
type Answer = NonNullable<ReturnType<Play>>;

/** Programs by `play`; the look asks its `cl_status` and `uname`, as the script does, and may find `crm_mon` beside them. */
export function playedNode(play: Play): ReturnType<typeof simulated.scriptedProcesses> {
  return simulated.scriptedProcesses((call) => {
    const { command, args, options } = call;
    if (command !== 'sh' || args[2] !== 'holdfast-look') return play(call);
    return { output: printed((program, ...words) => play({ command: program, args: words, options })) };
  });
}

/** What the script prints on a node whose programs answer so. */
export function printed(ask: (program: string, ...words: string[]) => Answer | undefined): string {
  const { exitCode: none = 0 } = ask('crm_mon', '--one-shot') ?? { exitCode: DISCONNECTED };
  const lines = none === DISCONNECTED ? [] : ['pacemaker'];
  const tell = (...question: [string, ...string[]]): string[] => {
    const { output = '', errorText = '', exitCode = 0 } = ask(...question) ?? { exitCode: 127 };
    lines.push(`${base64(`${textOf(output)}\n${exitCode}`)} .${base64(errorText)} ${question.join(' ')}`);
    return textOf(output)
      .trim()
      .split(/\s+/)
      .filter((word) => word !== '');
  };
  const cl = (...words: string[]): string[] => tell('cl_status', ...words);
  if (ask('cl_status', 'hbstatus') === undefined) return [...lines, 'missing', 'end', ''].join('\n');
  tell('uname', '-n');
  cl('hbstatus');
  cl('rscstatus');
  for (const node of [...cl('listnodes', '-n'), ...cl('listnodes', '-p')]) {
    cl('nodestatus', node);
    for (const link of cl('listhblinks', node)) cl('hblinkstatus', node, link);
  }
  return [...lines, 'end', ''].join('\n');
}

function textOf(output: string | Uint8Array): string {
  return typeof output === 'string' ? output : Buffer.from(output).toString();
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
