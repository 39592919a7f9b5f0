/** A pair of Pacemaker, and a desk beside it from which it is reached over ssh: a host without a cluster. */
import { type Bed, openPacemaker, type PacemakerParts, useLab } from './bed.ts';
import type { Host } from './host.ts';
import { PACEMAKER_PEERS } from './pacemaker.ts';
import { askOn, type Ran, runOn } from './program.ts';
import { prepareSsh, SSH_PEERS, startSshd } from './ssh.ts';

export const DESK_PEERS = [...PACEMAKER_PEERS, ...SSH_PEERS];
export const NODES = ['n1', 'n2'];

const CONFIGURATION = `stateDirectory: /srv/holdfast
hosts:
  n1: { address: 10.77.0.1, user: root }
  n2: { address: 10.77.0.2, user: root }
  # The desk itself, from which the tools of clusters may be taken away.
  bare: { address: 10.77.0.3, user: root }
  # A node, by an account that may not ask the cluster.
  outsider: { address: 10.77.0.1, user: outsider }
`;

/** What `ha status --json` concludes with. */
export interface Summary {
  views: number;
  asked: string[];
  errors: number;
  disagreements: unknown[];
}

export interface Desk extends PacemakerParts<'meta0' | 'object0'> {
  desk: Host;
  /** `holdfast ha …` at the desk. */
  ask(...args: string[]): Promise<Ran>;
  summaryOf(...hosts: string[]): Promise<Summary>;
}

/** meta0 prefers n1, object0 n2. */
export function useDesk(): () => Bed & Desk {
  return useLab(async (lab) => {
    const hosts = [...NODES, 'desk'].map((name) => lab.host(name));
    const desk = hosts[2]!;
    desk.write('/etc/holdfast/holdfast.yaml', CONFIGURATION);
    const luns = { meta0: { prefers: 'n1' }, object0: { prefers: 'n2' } };
    const prepare = () => prepareSsh(hosts);
    const parts = await openPacemaker(lab, { nodes: NODES, luns, shotLast: 'n1', prepare });
    await desk.boot();
    await startSshd(hosts);
    const summaryOf = async (...names: string[]): Promise<Summary> => {
      const [summary] = await askOn<Summary>(desk, ['ha', 'status', ...names], 'summary');
      return summary!;
    };
    return { ...parts, desk, ask: (...args) => runOn(desk, ['ha', ...args]), summaryOf };
  });
}
