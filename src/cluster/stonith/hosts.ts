/** Which nodes a line shoots, and by what name the device knows them. */
import type { HostsParam } from './model.ts';
import type { Values } from './values.ts';

export interface Host {
  name: string;
  /** Undefined when it is the name. */
  plug: string | undefined;
}

/** Undefined when only the device knows. */
export function hostsOf(hosts: HostsParam | undefined, values: Values): Host[] | undefined {
  const text = hosts === undefined ? undefined : values.get(hosts.param)?.trim();
  if (hosts === undefined || text === undefined || text === 'AUTO') return undefined;
  if (hosts.form === 'one') return [{ name: text, plug: hosts.plugParam && values.get(hosts.plugParam) }];
  const separator = hosts.form === 'equals' ? /\s*;\s*/ : /[\s,]+/;
  const between = { names: undefined, colon: ':', equals: '=' }[hosts.form];
  return text
    .split(separator)
    .filter((each) => each !== '')
    .map((each) => split(each, between));
}

/** The node meant by a name; plugins compare in lower case. */
export function nodeNamed(name: string, nodes: readonly string[]): string | undefined {
  return nodes.find((node) => node === name) ?? nodes.find((node) => node.toLowerCase() === name.toLowerCase());
}

function split(text: string, between: string | undefined): Host {
  const at = between === undefined ? -1 : text.indexOf(between);
  const name = at < 0 ? text : text.slice(0, at);
  const plug = at < 0 ? '' : text.slice(at + 1);
  return { name, plug: plug === '' || plug === name ? undefined : plug };
}
