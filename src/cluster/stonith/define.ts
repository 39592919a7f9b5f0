/** What the tables of plugins are written with. */
import type { AgentMapping, FenceMapping, StonithParam, StonithPlugin } from './model.ts';

/** One parameter each: `name`, with `!` behind when required and `*` behind when secret. */
export function params(text: string): StonithParam[] {
  return text.split(' ').map((word) => ({
    name: word.replace(/[!*]+$/, ''),
    isRequired: word.includes('!'),
    isSecret: word.includes('*'),
  }));
}

export function agent(
  name: string,
  mapping: Partial<Omit<AgentMapping, 'kind' | 'agent'>> & { note: string },
): FenceMapping {
  const nothing = {
    optionOf: {},
    fixed: {},
    words: {},
    hosts: undefined,
    uri: undefined,
    address: undefined,
    dropped: {},
    asked: {},
  };
  return { kind: 'agent', agent: name, ...nothing, ...mapping };
}

export function none(why: string, instead: string): FenceMapping {
  return { kind: 'none', why, instead };
}

/** `named` lists what can only be given by name. */
export function plugin(name: string, given: { params?: string; named?: string }, fence: FenceMapping): StonithPlugin {
  return {
    name,
    params: given.params === undefined ? [] : params(given.params),
    namedParams: given.named === undefined ? [] : params(given.named),
    fence,
  };
}

export const OUTLETS_ASKED =
  'the plugin finds the outlet that bears the name of the node, the agent takes its number: give node:outlet for each node';
export const KEEP_PLUGIN =
  'where cluster-glue is installed and `stonith_admin -I` lists the plugin, Pacemaker runs it as it is (stonith:NAME)';
