/**
 * What stands in for the scripts of `resource.d`: their parameters by position, as the wrappers that Heartbeat ships take
 * them, under the names of the agents' metadata. Those wrappers call the very same agents.
 */
import { ADDRESS_SCRIPTS } from './addresses.ts';
import { agent, type MapOptions, type Mapped, type MapScript, none, positional, tooMany } from './mapped.ts';
import { keptNote, mapKnown, mapService } from './services.ts';
import { STORAGE_SCRIPTS } from './storage.ts';

const OTHER_SCRIPTS: Readonly<Record<string, MapScript>> = {
  MailTo: positional('MailTo', 'email! subject'),
  AudibleAlarm: (params) => agent('AudibleAlarm', params.length === 0 ? {} : { nodelist: params.join(' ') }),
  WinPopup: (params) =>
    params.length > 1 ? tooMany('WinPopup', 1) : agent('WinPopup', { hostfile: params[0] ?? 'hosts' }),
  Delay: positional('Delay', 'startdelay stopdelay'),
  Xinetd: positional('Xinetd', 'service!'),
  apache: positional('apache', 'configfile'),
  db2: positional('db2', 'instance!'),
  ids: (params) =>
    params.length === 0 || params.length === 3
      ? positional('ids', 'informixdir informixserver onconfig')(params, NO_OPTIONS)
      : none('takes three parameters or none', 'correct the line; Heartbeat does not take it as it stands'),
  ldirectord: positional('ldirectord', 'configfile'),
  WAS: (params) =>
    params.length > 1
      ? tooMany('WAS', 1)
      : agent('WAS', params[0] === undefined ? {} : { [/^\d+$/.test(params[0]) ? 'port' : 'config']: params[0] }),
  OCF: ([type = 'AGENT', instance = 'INSTANCE']) =>
    none(
      `takes its parameters from /var/lib/heartbeat/conf/OCF/${type}/${instance}, a file on the nodes`,
      `add ocf:heartbeat:${type} with what stands in that file`,
    ),
};

const NO_OPTIONS: MapOptions = { lustreAgent: 'filesystem', scripts: {} };

export const SCRIPTS: Readonly<Record<string, MapScript>> = {
  ...ADDRESS_SCRIPTS,
  ...STORAGE_SCRIPTS,
  ...OTHER_SCRIPTS,
};

export function mapScript(script: string, params: readonly string[], options: MapOptions): Mapped {
  const known = Object.hasOwn(SCRIPTS, script) ? SCRIPTS[script] : undefined;
  return known === undefined ? mapUnknown(script, params, options) : known(params, options);
}

/** A script of the site. */
function mapUnknown(script: string, params: readonly string[], { scripts, services = {} }: MapOptions): Mapped {
  const kind = Object.hasOwn(scripts, script) ? scripts[script] : undefined;
  const reading = Object.hasOwn(services, script) ? services[script] : undefined;
  if (kind === 'ocf' && params.length === 0)
    return (
      mapService(script, reading) ??
      none(
        'was to be run by an agent, and none is known that does what the script does',
        'leave out --ocf for it, or add the agent by hand with its parameters',
      )
    );
  if (kind === 'resource.d' || params.length > 0)
    return none(
      kind === 'resource.d'
        ? `is a script in resource.d, of the class heartbeat, which Pacemaker 2 no longer has`
        : 'has parameters, which a script of init.d cannot take, and there is no agent of that name',
      'make it an OCF agent (ocf-tester tests it), or a unit of systemd if it needs no parameters, and add that at its place',
    );
  if (kind === 'systemd')
    return { kind: 'agent', agent: `systemd:${script}`, params: {}, note: `The nodes have a unit ${script}.` };
  if (kind === 'lsb') return keptScript(script, 'The script is kept, as it was asked for.', '');
  return (
    mapKnown(script, reading) ??
    keptScript(
      script,
      kind === 'init.d' ? 'It is in /etc/init.d.' : 'Taken for a script of /etc/init.d, as nothing else was told.',
      keptNote(script, reading),
    )
  );
}

function keptScript(script: string, known: string, more: string): Mapped {
  const note = `${known} Its status must answer 0 when it runs and 3 when not; where a unit of systemd exists, systemd:${script} is better. It must not be started at boot.${more}`;
  return { kind: 'agent', agent: `lsb:${script}`, params: {}, note };
}
