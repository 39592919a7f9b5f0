/** What `config check` knows, as steps: the configuration alone, and against this machine. */
import { inspect } from '../../config.ts';
import type { RunWorld } from '../model.ts';
import { type Area, doubtful, type Finding, fine, wrong } from './finding.ts';
import type { Step } from './step.ts';

export interface ConfigurationParts {
  world: RunWorld;
  checked: inspect.Checked;
  /** Hosts that plans and shelves name. */
  hostsUsed: readonly string[];
}

export function configurationSteps(parts: ConfigurationParts): Step[] {
  const { world, checked } = parts;
  const { config, clock } = world;
  const judged = async (): Promise<Finding[]> => {
    const found = inspect.warningsOf(config, clock.nowMs());
    if (found.length === 0) return [fine('configuration', 'as a whole', 'nothing in it will be regretted')];
    return found.map(({ path, text }) =>
      doubtful('configuration', inspect.textOfPath(path), { text, remedy: `Change it in ${placeOf(parts, path)}` }),
    );
  };
  return [
    { area: 'configuration', subject: 'as a whole', work: judged },
    ...inspect.machineChecks(checked).flatMap((check) => stepOf(parts, check) ?? []),
  ];
}

/** Undefined for what is tried in a better way: by opening vaults, connecting, and looking programs up. */
function stepOf(parts: ConfigurationParts, check: inspect.MachineCheck): Step | undefined {
  const { kind, path, file } = check;
  const { world, hostsUsed } = parts;
  const [top, name] = path;
  const isUsed = top !== 'hosts' || hostsUsed.includes(String(name));
  if (kind === 'program' || (kind === 'host' && isUsed)) return undefined;
  if (kind === 'path' && ['stateDirectory', 'vaults', 'notifications'].includes(String(top))) return undefined;
  const area = areaOf(check);
  const subject = inspect.textOfPath(path);
  const level = kind === 'mode' || top === 'daemon' || !isUsed ? doubtful : wrong;
  const good = kind === 'secret' ? ['can be read'] : kind === 'path' ? [`${file} is there`] : [];
  return {
    area,
    subject,
    path: file,
    async work(signal) {
      const { environment } = world;
      const found = await check.run({ environment, processes: world.processesOf('local'), signal });
      if (found.length === 0) return good.map((text) => fine(area, subject, text));
      return found.map(({ text }) => level(area, subject, { text, remedy: remedyFor(parts, check) }));
    },
  };
}

function areaOf({ kind, path: [top] }: inspect.MachineCheck): Area {
  if (kind === 'secret' || kind === 'mode') return 'secret';
  if (top === 'plans') return 'source';
  if (top === 'hosts') return 'host';
  return top === 'shelves' ? 'shelf' : 'configuration';
}

function remedyFor(parts: ConfigurationParts, { kind, path }: inspect.MachineCheck): string {
  const place = placeOf(parts, path);
  if (kind === 'mode') return `Leave it to its owner: chmod 600. It is named in ${place}`;
  if (kind === 'secret') return `Mend it as the user that runs Holdfast. It is named in ${place}`;
  if (path[0] === 'plans') return `Mount or make it, or take it out of the plan: ${place}`;
  return `Make it, or change ${place}`;
}

function placeOf({ checked: { positions } }: ConfigurationParts, path: inspect.Problem['path']): string {
  if (positions === undefined) return `the configuration: ${inspect.textOfPath(path)}`;
  const { file, line, column } = positions(path);
  return `${file}:${line}:${column}`;
}
