/** Devices as commands name them, and the hosts they are on: this machine, those of the configuration, those ssh knows. */
import { existsSync } from 'node:fs';
import { AppError } from '../base/errors.ts';
import type { mmp } from '../cluster.ts';
import { ssh, systemProcesses, together } from '../host.ts';
import type { Context } from './context.ts';

/** How this machine is called where hosts have names. */
export const LOCAL = 'local';
const CONNECT_TIMEOUT_MS = 15_000;

export interface NamedDevice {
  host: mmp.MmpHost;
  device: string;
  /** As it is shown: `/dev/sdb`, `oss2:/dev/sdb`. */
  name: string;
}

/** Hosts by name. @throws {AppError} `config` for a name that ssh would not take for one */
export type FindHost = (name: string) => mmp.MmpHost;

/** Reads the configuration if there is one; a host that is not in it is left to ssh's own. */
export async function openHosts({ configFile, environment, clock }: Context): Promise<FindHost> {
  const hosts = existsSync(configFile) ? await configuredHosts(configFile, environment) : {};
  return (name) => {
    if (name === LOCAL) return { name, processes: systemProcesses, clock };
    const { connectTimeout = CONNECT_TIMEOUT_MS, ...host } = (Object.hasOwn(hosts, name) ? hosts[name] : undefined) ?? {
      address: name,
    };
    const far = ssh.sshProcesses(systemProcesses, { ...host, name, connectTimeoutMs: connectTimeout });
    return { name, processes: together.gatheringProcesses(far), clock };
  };
}

/** `/dev/sdb` is here, `oss2:/dev/sdb` on oss2. Paths may hold colons, names of hosts no slashes. */
export function readDeviceName(text: string, find: FindHost): NamedDevice {
  const colon = text.indexOf(':');
  const isRemote = colon > 0 && !text.slice(0, colon).includes('/');
  const device = isRemote ? text.slice(colon + 1) : text;
  return { host: find(isRemote ? text.slice(0, colon) : LOCAL), device: checkedPath(device, text), name: text };
}

/** `--host oss2` sees the device under the same path, `--host oss2=/dev/mapper/ost1` under another. */
export function readHostPath(text: string, device: string, find: FindHost): { host: mmp.MmpHost; device: string } {
  const [name = '', ...path] = text.split('=');
  if (name === '' || name === LOCAL)
    throw new AppError('usage', { detail: `--host ${text}: no other host`, hint: 'This machine is examined anyway.' });
  return { host: find(name), device: path.length === 0 ? device : checkedPath(path.join('='), text) };
}

function checkedPath(path: string, text: string): string {
  if (path.startsWith('/') && !path.includes('\0')) return path;
  throw new AppError('usage', { detail: `${text}: the path of a device begins with a slash` });
}

async function configuredHosts(file: string, environment: Context['environment']) {
  const { loadConfig } = await import('../config.ts');
  return (await loadConfig({ file, environment })).config.hosts;
}
