/** Scripts for addresses and the network. */
import { agent, type Mapped, type MapScript, none, positional, SAME, tooMany } from './mapped.ts';

export const ADDRESS_SCRIPTS: Readonly<Record<string, MapScript>> = {
  IPaddr: (params) =>
    ipv4(params, 'IPaddr is no longer developed; IPaddr2 does the same with ip(8) in place of ifconfig(8).'),
  IPaddr2: (params) => ipv4(params, SAME),
  IPv6addr: ipv6,
  IPsrcaddr: positional('IPsrcaddr', 'ipaddress!'),
  SendArp: ([address, ...more]) => {
    const [ip, nic] = (address ?? '').split('/');
    if (more.length > 0) return tooMany('SendArp', 1);
    return ip && nic ? agent('SendArp', { ip, nic }) : none('names no address with an interface', INCOMPLETE);
  },
  portblock: positional('portblock', 'protocol! portno! action!'),
};

const INCOMPLETE = 'complete the line; Heartbeat does not take it as it stands';

/** `ADDRESS[/BITS[/INTERFACE[:LABEL]][/BROADCAST]]` */
function ipv4([text, ...more]: readonly string[], note: string): Mapped {
  if (more.length > 0) return tooMany('IPaddr2', 1);
  if (text === undefined) return none('names no address', INCOMPLETE);
  const [ip = '', mask, third, fourth] = text.split('/');
  const bits = mask === undefined || mask === '' ? undefined : prefixOf(mask);
  if (bits === null) return none(`has ${mask} for a netmask, which is none`, 'correct the netmask');
  // A third part that begins with a digit is the broadcast address.
  const isBroadcast = /^\d/.test(third ?? '');
  const [nic, label] = isBroadcast ? [] : (third ?? '').split(':');
  const broadcast = isBroadcast ? third : fourth;
  return agent(
    'IPaddr2',
    {
      ip,
      ...(bits === undefined ? {} : { cidr_netmask: bits }),
      ...(nic ? { nic } : {}),
      ...(label ? { iflabel: label } : {}),
      ...(broadcast ? { broadcast } : {}),
    },
    note,
  );
}

/** `ADDRESS[/BITS[/INTERFACE]]` */
function ipv6([text, ...more]: readonly string[]): Mapped {
  if (more.length > 0) return tooMany('IPv6addr', 1);
  const [ip, bits, nic] = (text ?? '').split('/');
  if (!ip) return none('names no address', INCOMPLETE);
  const params = { ip, ...(bits ? { cidr_netmask: bits } : {}), ...(nic ? { nic } : {}) };
  return agent('IPaddr2', params, 'IPaddr2 does both versions of IP.');
}

/** Bits of `24` or `255.255.255.0`, as IPaddr2 takes no netmask with dots; null when it is none. */
function prefixOf(mask: string): string | null {
  if (/^\d+$/.test(mask)) return Number(mask) <= 32 ? mask : null;
  const parts = mask.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return null;
  const binary = parts.map((part) => part.toString(2).padStart(8, '0')).join('');
  return /^1*0*$/.test(binary) ? `${binary.replaceAll('0', '').length}` : null;
}
