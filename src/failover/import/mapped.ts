/** What a script of `resource.d` becomes. */
import type { ScriptKind } from './model.ts';
import type { ServiceReadings } from './services/read.ts';

export type Mapped =
  | { kind: 'agent'; agent: string; params: Readonly<Record<string, string>>; note: string }
  /** A DRBD device, which is promoted on one node before the group starts there. */
  | { kind: 'drbd'; device: string }
  | { kind: 'none'; why: string; instead: string };

export interface MapOptions {
  lustreAgent: 'filesystem' | 'lustre';
  scripts: Readonly<Record<string, ScriptKind>>;
  /** What was read of services on the nodes. */
  services?: ServiceReadings;
}

export type MapScript = (params: readonly string[], options: MapOptions) => Mapped;

export const SAME = 'The wrapper in resource.d calls this agent with these parameters.';
const INCOMPLETE = 'correct the line; Heartbeat does not take it as it stands';

/** @param names of parameters in order; one that must be given ends with an exclamation mark */
export function positional(type: string, names: string, note = SAME): MapScript {
  const all = names.split(' ');
  return (params) => {
    if (params.length > all.length) return tooMany(type, all.length);
    const missing = all.slice(params.length).find((name) => name.endsWith('!'));
    if (missing !== undefined) return none(`lacks its parameter ${missing.slice(0, -1)}`, INCOMPLETE);
    return agent(type, Object.fromEntries(params.map((value, at) => [all[at]!.replace('!', ''), value])), note);
  };
}

export function agent(type: string, params: Readonly<Record<string, string>>, note = SAME): Mapped {
  return { kind: 'agent', agent: `ocf:heartbeat:${type}`, params, note };
}

export function none(why: string, instead: string): Mapped {
  return { kind: 'none', why, instead };
}

export function tooMany(type: string, most: number): Mapped {
  return none(`has more parameters than ${type} takes, which is ${most}`, INCOMPLETE);
}
