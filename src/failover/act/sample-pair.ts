/** A side of a Heartbeat pair for tests: `cl_status` as Heartbeat 3.0.6 prints it. */
import { live, type pacemaker } from '../../cluster.ts';

export interface Side {
  /** `none`, `local`, `foreign`, `all`, `transition`. */
  held: string;
  dead: readonly string[];
  haresources: string;
}

const NODES = ['h1', 'h2'];

export function heartbeatSeat(own: string, side: Side): pacemaker.Seat {
  const processes = live.playedNode(({ command, args: [question = '', word = ''] }) => {
    if (command === 'uname') return { output: `${own}\n` };
    if (command === 'cat') return { output: side.haresources };
    return command === 'cl_status' ? answerOf(question, word, side) : undefined;
  });
  return { name: own, processes };
}

function answerOf(question: string, word: string, { held, dead }: Side): { output: string; exitCode: number } {
  const isDead = dead.includes(word);
  const answers: Record<string, string> = {
    hbstatus: 'Heartbeat is running on this machine.',
    listnodes: word === '-p' ? '' : NODES.join('\n'),
    rscstatus: held,
    listhblinks: '\teth0',
    nodestatus: isDead ? 'dead' : 'active',
    hblinkstatus: isDead ? 'dead' : 'up',
  };
  return { output: `${answers[question]}\n`, exitCode: isDead ? 1 : 0 };
}
