/** The options of a fence agent from the parameters of a plugin. */
import type { AgentMapping, FenceDevice, StonithPlugin } from './model.ts';
import { Secret } from './secret.ts';
import type { Refused, Values } from './values.ts';

export interface Converted {
  options: Record<string, string | Secret>;
  asked: FenceDevice['asked'];
}

export function optionsOf(plugin: StonithPlugin, mapping: AgentMapping, values: Values): Converted | Refused {
  const options: Converted['options'] = {};
  const asked = { ...mapping.asked };
  for (const { name, isSecret } of [...plugin.params, ...plugin.namedParams]) {
    const value = values.get(name);
    if (value === undefined) continue;
    const option = mapping.optionOf[name];
    if (option !== undefined) options[option] = isSecret ? new Secret(value) : value;
    const words = mapping.words[name];
    if (words === undefined) continue;
    if (!Object.hasOwn(words, value)) return noWord({ mapping, name, value, known: Object.keys(words) });
    Object.assign(options, words[value]);
  }
  if (mapping.uri !== undefined) Object.assign(options, ofUri(values.get(mapping.uri)!, asked));
  if (mapping.address !== undefined) Object.assign(options, ofAddress(mapping.address, values));
  Object.assign(options, mapping.fixed);
  const open = Object.entries(asked).map(([option, why]) => ({ option, why }));
  return { options, asked: open };
}

/** Names of parameters that were given and of which nothing comes over, without a reason why that does no harm. */
export function leftOut({ optionOf, words, hosts, uri, dropped }: AgentMapping, values: Values): string[] {
  const heeded = [optionOf, words, dropped].flatMap(Object.keys);
  const known = new Set([...heeded, hosts?.param, hosts?.plugParam, uri]);
  return [...values.keys()].filter((name) => !known.has(name));
}

function noWord(found: { mapping: AgentMapping; name: string; value: string; known: string[] }): Refused {
  const { mapping, name, value, known } = found;
  const why = `has ${name} ${JSON.stringify(value)}, for which ${mapping.agent} has no equivalent (only for ${known.join(', ')})`;
  return { why, instead: mapping.note };
}

/** Of `host:port`, `[::1]:port` or a host alone. */
function ofAddress({ param, port }: NonNullable<AgentMapping['address']>, values: Values): Record<string, string> {
  const text = values.get(param)!;
  const [, host = text, own = port] = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(text) ?? [];
  return { ip: host.replace(/^\[|\]$/g, ''), ipport: own };
}

/** Of a libvirt URI, `driver+transport://user@host:port/path`. The agent logs in by ssh whatever the transport was. */
function ofUri(uri: string, asked: Record<string, string>): Record<string, string> {
  const match = /^[\w-]+(?:\+(\w+))?:\/\/(?:([^@/?]+)@)?(\[[^\]]+\]|[^:/?]*)(?::(\d+))?(?:[/?]|$)/.exec(uri);
  const [, transport, user, host = '', port] = match ?? [];
  const found: Record<string, string> = {};
  if (host === '') asked['ip'] = 'address of the hypervisor; the URI of the plugin names none';
  else found['ip'] = host.replace(/^\[|\]$/g, '');
  // Without a user the plugin, which runs as root, logged in as root.
  if (user !== undefined || transport === 'ssh') found['username'] = user ?? 'root';
  else asked['username'] = 'user for ssh at the hypervisor';
  if (port !== undefined && transport === 'ssh') found['ipport'] = port;
  return found;
}
