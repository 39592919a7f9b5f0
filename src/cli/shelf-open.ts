/** From the configuration to the two ends of a shelf. */
import { AppError } from '../base/errors.ts';
import { type Config, type HostConfig, loadConfig, type ShelfConfig } from '../config.ts';
import { ssh, systemProcesses, systemRandom } from '../host.ts';
import { localEnd, type ShelfEnd, type ShelfOptions, sshEnd } from '../shelf.ts';
import type { Context } from './context.ts';
import { NO_LOG, type ShelfCall, type ShelfValues, warn } from './shelf-call.ts';
import type { ShelfRequest } from './shelf-steps.ts';
import { suggestion } from './suggest.ts';

/** The name of this machine among the hosts. */
const LOCAL = 'local';

/** @throws {AppError} `config`, `shelf-missing`, `usage` */
export async function openCall(context: Context, request: ShelfRequest, values: ShelfValues): Promise<ShelfCall> {
  const { config } = await loadConfig({ file: context.configFile, environment: context.environment });
  const name = nameOf(request, config);
  const shelf = config.shelves[name]!;
  const onProblem = (text: string): void => warn(call, text);
  const call: ShelfCall = {
    context,
    processes: systemProcesses,
    random: systemRandom,
    name,
    options: shelfOptions(name, shelf, config.timezone),
    target: shelf.target,
    values,
    command: request.command,
    log: NO_LOG,
    async open(which) {
      if (which === 'source') return localEnd(shelf.root, { onProblem });
      return openTarget(shelf, config.hosts, onProblem);
    },
  };
  return call;
}

export function shelfOptions(name: string, shelf: ShelfConfig, timezone: string | undefined): ShelfOptions {
  const { root, layout, sidecars, items, keep } = shelf;
  return {
    name,
    root,
    layout,
    sidecars,
    timezone: shelf.timezone ?? timezone,
    items: items.map(({ minSize, ...item }) => ({ ...item, minBytes: minSize, keep: item.keep ?? keep })),
  };
}

function nameOf({ shelf, steps }: ShelfRequest, { shelves }: Config): string {
  const names = Object.keys(shelves);
  if (shelf !== undefined && Object.hasOwn(shelves, shelf)) return shelf;
  if (shelf === undefined && names.length === 1) return names[0]!;
  const all = names.length === 0 ? 'No shelf is configured.' : `There are: ${names.join(', ')}.`;
  if (shelf === undefined) throw new AppError('usage', { detail: 'no shelf is named', hint: all });
  const before = steps.includes('put') ? ' Before a program, the shelf must be named.' : '';
  throw new AppError('shelf-missing', { detail: shelf, hint: suggestion(shelf, names) ?? `${all}${before}` });
}

/** Where the copy is. @throws {AppError} `config` when its host is not among the hosts */
function openTarget({ target }: ShelfConfig, hosts: Config['hosts'], onProblem: (text: string) => void): ShelfEnd {
  const { host: name, root } = target!;
  if (name === LOCAL) return localEnd(root, { onProblem });
  const host = Object.hasOwn(hosts, name) ? hosts[name] : undefined;
  if (host === undefined)
    throw new AppError('config', { detail: `the target's host ${name} is not among hosts`, hint: 'Add it to hosts.' });
  return sshEnd(ssh.sshProcesses(systemProcesses, addressOf(name, host)), {
    address: `${name}:${root}`,
    root,
    onProblem,
  });
}

function addressOf(name: string, { connectTimeout, ...host }: HostConfig) {
  return { ...host, name, connectTimeoutMs: connectTimeout };
}
