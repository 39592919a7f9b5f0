/** From systems to what is known of their services. */
import { isPlain } from './inquiry.ts';
import type { Inquiry, ServiceReading, SystemFiles } from './model.ts';
import { serviceOf } from './table.ts';

export type ServiceReadings = Readonly<Record<string, ServiceReading>>;

/**
 * What each of these scripts of init.d runs on these systems, of which there may be one or both nodes. Scripts for which there
 * is no agent, or which no file can tell of, are left out. No value but those that decide is kept of any file.
 */
export async function readServices(
  scripts: readonly string[],
  systems: readonly SystemFiles[],
): Promise<ServiceReadings> {
  const found: Record<string, ServiceReading> = {};
  for (const script of new Set(scripts)) {
    const readings: ServiceReading[] = [];
    for (const files of systems) readings.push(...(await readService(script, files)));
    if (readings.length > 0) found[script] = together(readings);
  }
  return found;
}

async function readService(script: string, files: SystemFiles): Promise<ServiceReading[]> {
  const read = serviceOf(script)?.read;
  if (typeof read !== 'function') return [];
  const inquiry: Inquiry = { files, doubts: [] };
  const { params, care: own = [] } = await read(inquiry, script);
  const care = [...own, ...(await lookForUnit(inquiry, script))];
  const { doubts } = inquiry;
  for (const [name, { value, from }] of Object.entries(params))
    if (!isPlain(value) && !(name === 'options' && /^[\w -]*$/.test(value)))
      doubts.push(`${name} (${from}) has characters in it that the agent does not pass on as they are`);
  const readOn = files.name;
  return [
    doubts.length > 0
      ? { kind: 'kept', doubts: [...new Set(doubts)], readOn }
      : { kind: 'agent', params, care, readOn },
  ];
}

/**
 * Where systemd has a unit of that name, the script hands over to it. A packaged one starts what the packaged script would; one
 * that the site has changed may start anything.
 * @returns what is to be told of it
 */
async function lookForUnit({ files, doubts }: Inquiry, script: string): Promise<string[]> {
  const own = `/etc/systemd/system/${script}.service`;
  for (const path of [own, `${own}.d`])
    if (await files.isThere(path))
      doubts.push(`${path} is there, and the unit runs in the place of the script (--systemd ${script})`);
  for (const folder of ['/lib/systemd/system', '/usr/lib/systemd/system'])
    if (await files.isThere(`${folder}/${script}.service`))
      return [`there is a unit as well, as its package has it; --systemd ${script} takes that`];
  return [];
}

/** Known where it is known of each, and the same. */
function together(readings: readonly ServiceReading[]): ServiceReading {
  const [first, ...others] = readings;
  const readOn = readings.map((reading) => reading.readOn).join(' and ');
  const doubts = readings.flatMap((reading) =>
    reading.kind === 'kept'
      ? reading.doubts.map((doubt) => (readings.length > 1 ? `on ${reading.readOn}, ${doubt}` : doubt))
      : [],
  );
  if (first!.kind === 'agent' && doubts.length === 0)
    for (const other of others) if (other.kind === 'agent') doubts.push(...differences(first!, other));
  return first!.kind === 'agent' && doubts.length === 0 ? { ...first!, readOn } : { kind: 'kept', doubts, readOn };
}

type Known = Extract<ServiceReading, { kind: 'agent' }>;

function differences(one: Known, other: Known): string[] {
  const names = new Set([...Object.keys(one.params), ...Object.keys(other.params)]);
  const told = ({ params, readOn }: Known, name: string): string => {
    const param = params[name];
    return param === undefined ? `not set on ${readOn}` : `${param.value} on ${readOn} (${param.from})`;
  };
  return [...names]
    .filter((name) => one.params[name]?.value !== other.params[name]?.value)
    .map((name) => `${name} is ${told(one, name)} and ${told(other, name)}`);
}
