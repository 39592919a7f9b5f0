/** Plugins that switch no power: people, tests, and the node itself. */
import { agent, none, plugin } from './define.ts';
import type { StonithPlugin } from './model.ts';

const OVER_SSH =
  'it asks the node over ssh to reboot itself, which is just what a node that has to be shot no longer does';
const REAL_DEVICE = 'use a device that cuts the power; in a test, an own agent';

export const WITHOUT_POWER: readonly StonithPlugin[] = [
  plugin(
    'meatware',
    { params: 'hostlist!' },
    none(
      'it waits until a person says that the node is off (meatclient -c NODE)',
      'without any device the resources of a lost node stay down until a person has switched it off and says so: stonith_admin --confirm NODE',
    ),
  ),
  plugin('ssh', { params: 'hostlist!' }, none(OVER_SSH, REAL_DEVICE)),
  plugin('external/ssh', { params: 'hostlist!', named: 'livedangerously' }, none(OVER_SSH, REAL_DEVICE)),
  plugin('null', { params: 'hostlist!' }, none('it does nothing and says that it worked', REAL_DEVICE)),
  plugin(
    'suicide',
    {},
    none(
      'a node that shoots itself proves nothing to the others',
      'a watchdog does it reliably: sbd with stonith-watchdog-timeout, where a hardware watchdog is there',
    ),
  ),
  plugin(
    'external/kdumpcheck',
    { params: 'hostlist! identity_file' },
    agent('fence_kdump', {
      fixed: { pcmk_reboot_action: 'off', pcmk_monitor_action: 'metadata', pcmk_status_action: 'metadata' },
      hosts: { param: 'hostlist', form: 'names' },
      dropped: { identity_file: 'the agent waits for a message of the dumping kernel (UDP 7410) and uses no ssh' },
      note: 'No fencing by itself: level 1 of a fencing topology whose level 2 cuts the power. The nodes need fence_kdump_send in their dump kernel. Give it less than 60 s (timeout), which is what it waits when no dump is made.',
    }),
  ),
];

/** Beside them agents of fence-agents whose success cuts no power. */
const POWERLESS_AGENTS = [
  'fence_ack_manual',
  'fence_dummy',
  'fence_heuristics_ping',
  'fence_kdump',
  'external/kdumpcheck',
] as const;

/** Why nothing is off when this plugin or agent says that it worked; undefined for what cuts power, as far as is known. */
export function powerlessness(name: string): string | undefined {
  const isPowerless =
    WITHOUT_POWER.some((each) => each.name === name && each.fence.kind === 'none') ||
    (POWERLESS_AGENTS as readonly string[]).includes(name);
  return isPowerless ? `${name} cuts no power, whatever it answers` : undefined;
}
