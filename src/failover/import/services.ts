/**
 * Services of init.d that an agent of resource-agents runs in their place. An agent starts the program itself, with its own
 * parameters and not with those of the script: another data directory is another database. The agent is taken where a system
 * was read and tells that it runs the same; else the script is kept, and it is told what is not known.
 */
import { agent, type Mapped } from './mapped.ts';
import type { ServiceReading } from './services/model.ts';
import { SERVICES, type Service, serviceOf } from './services/table.ts';

export type { SystemFiles } from './services/model.ts';
export { nodeFiles } from './services/node-files.ts';
export { readServices, type ServiceReadings } from './services/read.ts';

/** Each is enough; more than a reader goes through tell nothing new. */
const DOUBTS_TOLD_MAX = 12;

export const SERVICE_NAMES: readonly string[] = Object.keys(SERVICES);

/** As it was asked for; undefined where there is no agent for it. */
export function mapService(script: string, reading?: ServiceReading): Mapped | undefined {
  const service = serviceOf(script);
  if (service === undefined) return undefined;
  if (reading?.kind === 'agent') return known(service, reading, 'As it was asked for, and ');
  const doubts = reading === undefined ? '' : ` Not known, read on ${reading.readOn}: ${doubtsOf(reading.doubts)}.`;
  return agent(service.type, service.params, `As it was asked for. ${service.care}${doubts}`);
}

/** Where a system tells that it runs the same as the script; undefined where none does. */
export function mapKnown(script: string, reading: ServiceReading | undefined): Mapped | undefined {
  const service = serviceOf(script);
  return service === undefined || reading?.kind !== 'agent' ? undefined : known(service, reading, '');
}

/** Why the script was kept though there is an agent for it; empty where there is none. */
export function keptNote(script: string, reading: ServiceReading | undefined): string {
  const service = serviceOf(script);
  if (service === undefined) return '';
  const there = ` There is ocf:heartbeat:${service.type}, which looks closer, and is not taken by itself: `;
  return `${there}${whyKept(service, reading)}. To take it all the same: --ocf ${script}. ${service.care}`;
}

function whyKept({ read, alone }: Service, reading: ServiceReading | undefined): string {
  if (typeof read !== 'function') return read.cannot;
  return reading?.kind === 'kept'
    ? `it is not known to run the same, read on ${reading.readOn}: ${doubtsOf(reading.doubts)}`
    : `${alone}. Import a host, or the tree of a system, to have that read`;
}

function doubtsOf(doubts: readonly string[]): string {
  const more = doubts.length - DOUBTS_TOLD_MAX;
  return [...doubts.slice(0, DOUBTS_TOLD_MAX), ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

function known(
  { type }: Service,
  { params, care, readOn }: Extract<ServiceReading, { kind: 'agent' }>,
  asked: string,
): Mapped {
  const values = Object.fromEntries(Object.entries(params).map(([name, { value }]) => [name, value]));
  const origins = Object.entries(params).map(([name, { from }]) => `${name}: ${from}`);
  const told = `${asked === '' ? 'It' : 'it'} runs the same as the script, read on ${readOn}. ${origins.join('; ')}.`;
  const different = care.map((each) => ` ${each.charAt(0).toUpperCase()}${each.slice(1)}.`).join('');
  const alone = readOn.includes(' and ') ? '' : ' See that the other node has the same (--peer).';
  return agent(type, values, `${asked}${told}${different}${alone} It must not be started at boot.`);
}
