/** Host lists as PowerMan reads them (powerman(1), TARGET SPECIFICATION): `n[0-3,07-10]-ib,x`. */
import { HOST_LIST_MAX, HOST_RANGE_MAX } from '../../base/cluster-limits.ts';

export type Expanded = { hosts: string[] } | { problem: string };

/** In the order of the list, twice what is there twice. Numbers keep the width of the first of their range. */
export function expandHosts(list: string): Expanded {
  const hosts: string[] = [];
  for (const part of partsOf(list)) {
    const found = expandPart(part);
    if ('problem' in found) return found;
    if (hosts.length + found.hosts.length > HOST_LIST_MAX) return { problem: `names more than ${HOST_LIST_MAX} hosts` };
    for (const host of found.hosts) hosts.push(host);
  }
  return hosts.length === 0 ? { problem: 'names no host' } : { hosts };
}

/** The shortest list that expands to these names in this order. A name must hold no bracket, comma or blank. */
export function compressHosts(names: readonly string[]): string {
  const parts: string[] = [];
  let prefix: string | undefined;
  let ranges: Run[] = [];
  const flush = () => {
    if (prefix !== undefined) parts.push(formatRanges(prefix, ranges));
    [prefix, ranges] = [undefined, []];
  };
  for (const name of names) {
    const [, head, digits] = /^(.*?)(\d{1,9})$/.exec(name) ?? [];
    if (head === undefined || digits === undefined) {
      flush();
      parts.push(name);
      continue;
    }
    if (prefix !== head) flush();
    prefix = head;
    const last = ranges.at(-1);
    const next = last && String(Number(last.high) + 1).padStart(last.low.length, '0');
    const isFull = last !== undefined && Number(digits) - Number(last.low) >= HOST_RANGE_MAX;
    if (last !== undefined && next === digits && !isFull) last.high = digits;
    else ranges.push({ low: digits, high: digits });
  }
  flush();
  return parts.join(',');
}

interface Run {
  low: string;
  high: string;
}

function formatRanges(prefix: string, ranges: readonly Run[]): string {
  const texts = ranges.map(({ low, high }) => (low === high ? low : `${low}-${high}`));
  return ranges.length === 1 && ranges[0]!.low === ranges[0]!.high ? `${prefix}${texts[0]}` : `${prefix}[${texts}]`;
}

/** Parted by commas and blanks, but not within brackets. */
function partsOf(list: string): string[] {
  return list.match(/(?:\[[^\]]*\]?|[^[\t, ])+/g) ?? [];
}

function expandPart(part: string): Expanded {
  const match = /^([^[\]]*)\[([^[\]]*)\]([^[\]]*)$/.exec(part);
  if (match === null) return /[[\]]/.test(part) ? { problem: 'has brackets that do not match' } : { hosts: [part] };
  const [, prefix = '', ranges = '', suffix = ''] = match;
  const hosts: string[] = [];
  for (const range of ranges.split(',')) {
    const [, low, high] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(range) ?? [];
    if (low === undefined) return { problem: `has "${range}" where a number or a range should be` };
    const [from, to] = [Number(low), Number(high ?? low)];
    if (from > to) return { problem: `has a range that runs backwards, ${range}` };
    const count = to - from + 1;
    if (count > HOST_RANGE_MAX) return { problem: `has a range of more than ${HOST_RANGE_MAX} hosts, ${range}` };
    if (hosts.length + count > HOST_LIST_MAX) return { problem: `names more than ${HOST_LIST_MAX} hosts` };
    for (let at = from; at <= to; at++) hosts.push(`${prefix}${String(at).padStart(low.length, '0')}${suffix}`);
  }
  return { hosts };
}
