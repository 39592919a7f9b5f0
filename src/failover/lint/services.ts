/** Scripts, and what starts when. */

import { placeOf, topOf } from './facts.ts';
import type { Configuration, LintNode, Remark } from './model.ts';

/** ResourceManager looks in resource.d, then in init.d. */
export function scriptMissing({ scripts, name, haresources }: LintNode, { groups }: Configuration): Remark[] {
  if (scripts === undefined) return [];
  const all = groups.flatMap(({ resources }) => resources);
  const missing = all.filter(({ script }) => !scripts.resource.has(script) && !scripts.init.has(script));
  return missing.map(({ script, place }) => ({
    level: 'error',
    place: { ...place, file: haresources.path },
    text: `${name} has no ${script} in resource.d or init.d that can be executed: the group does not start there`,
    remedy: `Install it on all nodes, or correct its name.`,
  }));
}

/** A node that comes back after a failure joins, and with automatic failback takes over, before anybody has looked. */
export function startsAtBoot({ bootServices, name, haCf }: LintNode): Remark[] {
  if (!bootServices?.has('heartbeat')) return [];
  return [
    {
      level: 'warning',
      place: topOf(haCf.path),
      text: `Heartbeat starts at boot on ${name}, also after a failure that nobody has looked at`,
      remedy: 'Switch it off (systemctl disable heartbeat, chkconfig heartbeat off), and start it by hand.',
    },
  ];
}

export function resourceAtBoot(
  { bootServices, scripts, name, haresources }: LintNode,
  { groups }: Configuration,
): Remark[] {
  if (bootServices === undefined) return [];
  const isService = (script: string): boolean => !scripts?.resource.has(script) && bootServices.has(script);
  return groups
    .flatMap(({ resources }) => resources)
    .filter(({ script, isImplicit }) => !isImplicit && isService(script))
    .map(({ script, place }) => ({
      level: 'error',
      place: { ...place, file: haresources.path },
      text: `${script} starts at boot on ${name}, and by the cluster: it would run on both nodes`,
      remedy: `Switch it off at boot on all nodes: systemctl disable ${script}, or chkconfig ${script} off`,
    }));
}

export function autoFailback(configuration: Configuration): Remark[] {
  const { autoFailback: given, crm } = configuration.settings;
  if (given === 'off' || (crm !== undefined && crm !== 'off')) return [];
  const what =
    given === 'on' ? 'auto_failback on' : `auto_failback ${given === undefined ? 'is not given and then ' : ''}legacy`;
  return [
    {
      level: 'warning',
      place: placeOf(configuration, 'auto_failback', 'nice_failback'),
      text: `${what}: resources go back to a node as soon as it is up, and again each time it fails`,
      remedy: 'Set auto_failback off, and give back by hand when the cause is known.',
    },
  ];
}
