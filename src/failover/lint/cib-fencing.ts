/** Whether the cluster can shoot each of its nodes, as far as its configuration tells. */
import { cib, fencing, stonith } from '../../cluster.ts';
import { type CheckedCib, type CibRemark, hasServices, membersOf, placeOfProperty } from './cib-checked.ts';

export function checkFencing(checked: CheckedCib): CibRemark[] {
  if (!hasServices(checked)) return [];
  const { isEnabled, lease } = fencing.fencingSetting(checked.cib, checked.sight.nowMs);
  if (!isEnabled) return [off(checked)];
  const paused: CibRemark[] =
    lease === undefined || lease.hasEnded
      ? []
      : [
          {
            code: 'cib-fencing-paused',
            level: 'warning',
            place: placeOfProperty(checked, 'stonith-enabled'),
            text: `fencing is paused until ${new Date(lease.endMs).toISOString()}: a node that falls silent counts as off, and its resources start elsewhere`,
            remedy: 'holdfast ha fence resume',
          },
        ];
  return [...paused, ...startup(checked), ...powerless(checked), ...coverage(checked)];
}

function off(checked: CheckedCib): CibRemark {
  return {
    code: 'cib-fencing-off',
    level: 'error',
    place: placeOfProperty(checked, 'stonith-enabled'),
    text: 'stonith-enabled=false: a node that hangs, or is cut off, is taken for dead while it may still write',
    remedy: 'Configure a fence device for each node, test it (holdfast ha fence test), then set it to true.',
  };
}

function startup(checked: CheckedCib): CibRemark[] {
  if (cib.parseBoolean(cib.valueIn(checked.cib.properties, 'startup-fencing') ?? '') !== false) return [];
  return [
    {
      code: 'cib-startup-fencing',
      level: 'warning',
      place: placeOfProperty(checked, 'startup-fencing'),
      text: 'startup-fencing=false: a node that was not seen since the start counts as off, whatever it does',
      remedy: 'Remove startup-fencing.',
    },
  ];
}

/** Agents that answer, and turn nothing off. */
function powerless({ fencing: { devices }, placeOf }: CheckedCib): CibRemark[] {
  return devices.flatMap(({ id, agent, isDisabled }): CibRemark[] => {
    const why = stonith.powerlessness(agent);
    if (why === undefined || isDisabled) return [];
    return [
      {
        code: 'cib-fence-unfit',
        level: 'error',
        place: placeOf(id),
        text: `${id} (${agent}): ${why}`,
        remedy: 'Use a service processor, a switched outlet or the hypervisor.',
      },
    ];
  });
}

function coverage(checked: CheckedCib): CibRemark[] {
  const {
    fencing: { devices },
    placeOf,
    cib: view,
  } = checked;
  const members = membersOf(checked);
  const usable = devices.filter(({ isDisabled, agent }) => !isDisabled && stonith.powerlessness(agent) === undefined);
  const top = placeOf('');
  if (byWatchdog(view)) return [];
  if (usable.length === 0)
    return [
      {
        code: 'cib-fence-coverage',
        level: 'error',
        place: top,
        text: 'there is no fence device that could turn a node off: Pacemaker then starts nothing, or waits for ever',
        remedy: 'Add one for each node, with an agent that its power switch or service processor has.',
      },
    ];
  if (members.length === 0)
    return [
      {
        code: 'cib-fence-unknown',
        level: 'note',
        place: top,
        text: 'it names no nodes: whether each has a fence device was not examined',
        remedy: 'Give the hosts: holdfast ha lint NODE NODE',
      },
    ];
  return members.flatMap((node) => ofNode(node, { members, usable, place: top }));
}

/** Nodes then reset themselves by their watchdog (pacemaker-controld(7), `stonith-watchdog-timeout`). */
function byWatchdog({ properties }: cib.Cib): boolean {
  const text = cib.valueIn(properties, 'stonith-watchdog-timeout');
  return text !== undefined && (text.trim().startsWith('-') || (cib.durationMs(text) ?? 0) > 0);
}

interface Usable {
  members: readonly string[];
  usable: readonly fencing.FencingDevice[];
  place: CibRemark['place'];
}

function ofNode(node: string, { members, usable, place }: Usable): CibRemark[] {
  const is = (name: string): boolean => name.toLowerCase() === node.toLowerCase();
  const sure = usable.filter(({ targets }) => targets?.some(is));
  const open = usable.filter(({ targets }) => targets === undefined);
  const others = members.filter((name) => !is(name));
  const canUse = ({ barredFrom }: fencing.FencingDevice): boolean => others.some((name) => !barredFrom.includes(name));
  if (sure.length === 0 && open.length === 0)
    return [
      {
        code: 'cib-fence-coverage',
        level: 'error',
        place,
        text: `no fence device is for ${node}: when it fails, nothing of it is taken over`,
        remedy: `Add one, or add ${node} to the pcmk_host_list or pcmk_host_map of a device that has its plug.`,
      },
    ];
  if (others.length > 0 && ![...sure, ...open].some(canUse))
    return [
      {
        code: 'cib-fence-self',
        level: 'error',
        place,
        text: `only ${node} itself may use its fence device: constraints keep it off every other node`,
        remedy: `Keep the device off ${node}, not off its peers.`,
      },
    ];
  if (sure.length > 0) return [];
  return [
    {
      code: 'cib-fence-unknown',
      level: 'note',
      place,
      text: `whether a device is for ${node} is known to ${open.map(({ id }) => id).join(', ')} alone, and not written in the configuration`,
      remedy: `Ask it: holdfast ha fence test ${node}`,
    },
  ];
}
