/** Units of systemd that begin runs, as systemd has them: whether they will begin the next one, and how the last one went. */
import { hasCode } from '../../base/errors.ts';
import { type FaultOf, type ProgramParts, realProgram } from '../program.ts';
import { keyOf, type Subject } from '../schedule.ts';
import { isTemporary } from '../unit-needs.ts';
import { DAEMON_UNIT, unitName } from '../units.ts';
import { doubtful, type Finding, type Words, wrong } from './finding.ts';

export interface TimersFound {
  /** Keys of subjects whose timer will begin them. */
  begun: ReadonlySet<string>;
  findings: Finding[];
}

/** What systemctl(1) shows of a unit, by the names of org.freedesktop.systemd1(5). */
type Unit = ReadonlyMap<string, string>;

const PROPERTIES = [
  'Id',
  'LoadState',
  'ActiveState',
  'SubState',
  'UnitFileState',
  'NeedDaemonReload',
  'NextElapseUSecRealtime',
  'Result',
  'ExecMainStatus',
  'ExecStart',
  'PrivateTmp',
];
/** What a unit has as PATH unless it says otherwise (systemd.exec(5)). */
const UNIT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** From here on it is systemd itself that could not begin the program (systemd.exec(5), "Process Exit Codes"). */
const STATUS_OF_SYSTEMD = 200;
/** The program could not be executed. */
const STATUS_EXEC = 203;
/** Units that do not come by themselves after the machine was started again. */
const NOT_ENABLED = ['disabled', 'enabled-runtime', 'linked', 'linked-runtime', 'masked', 'masked-runtime', 'bad'];

export interface TimerParts extends ProgramParts {
  faultOf: FaultOf;
}

export async function examineTimers(subjects: readonly Subject[], parts: TimerParts): Promise<TimersFound> {
  const names = subjects.map(unitName);
  const units = await unitsOf(
    names.flatMap((name) => [`${name}.timer`, `${name}.service`]),
    parts,
  );
  const findings: Finding[] = [];
  const begun = new Set<string>();
  for (const [index, subject] of subjects.entries()) {
    const name = names[index]!;
    const [timer, service] = [units.get(`${name}.timer`), units.get(`${name}.service`)];
    if (!isLoaded(timer)) continue;
    const faults = faultsOfTimer(timer, `${name}.timer`);
    if (timer.get('ActiveState') === 'active' && hasNextTime(timer)) begun.add(keyOf(subject));
    faults.push(...(await faultsOfService(service, { name: `${name}.service`, parts })));
    findings.push(...faults.map(({ level, ...words }) => level('schedule', keyOf(subject), words)));
  }
  return { begun, findings };
}

/** The service that runs the daemon, where there is one. */
export async function examineDaemonUnit(isRunning: boolean, parts: TimerParts): Promise<Finding[]> {
  const unit = (await unitsOf([DAEMON_UNIT], parts)).get(DAEMON_UNIT);
  if (!isLoaded(unit)) return [];
  const [state, isEnabled] = [unit.get('ActiveState'), unit.get('UnitFileState') === 'enabled'];
  // Neither used nor meant to be.
  if (state === 'inactive' && !isEnabled) return [];
  const faults = await faultsOfService(unit, { name: DAEMON_UNIT, parts });
  if (isRunning && state === 'active' && NOT_ENABLED.includes(unit.get('UnitFileState') ?? ''))
    faults.push(notEnabled(DAEMON_UNIT, 'the daemon'));
  if (!isRunning && state !== 'active') {
    const remedy = 'systemctl restart holdfast; why it ended: journalctl -u holdfast';
    faults.push({ level: wrong, text: `${DAEMON_UNIT} is there to run the daemon, which does not run`, remedy });
  }
  return faults.map(({ level, ...words }) => level('schedule', 'daemon', words));
}

interface Fault extends Words {
  level: typeof wrong;
}

function isLoaded(unit: Unit | undefined): unit is Unit {
  return unit !== undefined && unit.get('LoadState') === 'loaded';
}

/** While its service runs, a timer has none yet. */
function hasNextTime(timer: Unit): boolean {
  return timer.get('SubState') === 'running' || !['', '0', 'infinity', 'n/a'].includes(nextTime(timer));
}

function nextTime(timer: Unit): string {
  return timer.get('NextElapseUSecRealtime') ?? '';
}

function faultsOfTimer(timer: Unit, name: string): Fault[] {
  const isActive = timer.get('ActiveState') === 'active';
  const isEnabled = !NOT_ENABLED.includes(timer.get('UnitFileState') ?? '');
  const text = `${name} is not active${isEnabled ? '' : ' and not enabled'}: it begins nothing`;
  if (!isActive) return [{ level: doubtful, text, remedy: `systemctl enable --now ${name}` }];
  const faults: Fault[] = isEnabled ? [] : [notEnabled(name, 'its timer')];
  if (!hasNextTime(timer)) {
    const remedy = `Have the units written again, then: systemctl daemon-reload; systemctl restart ${name}`;
    faults.push({ level: doubtful, text: `${name} has no next time`, remedy });
  }
  return faults;
}

function notEnabled(name: string, what: string): Fault {
  const text = `${name} is not enabled: ${what} does not come back when the machine is started again`;
  return { level: doubtful, text, remedy: `systemctl enable ${name}` };
}

async function faultsOfService(
  service: Unit | undefined,
  { name, parts }: { name: string; parts: TimerParts },
): Promise<Fault[]> {
  if (!isLoaded(service)) {
    const remedy = 'Have the units written again: holdfast schedule systemd --write /etc/systemd/system';
    return [{ level: wrong, text: `${name} is not there, or cannot be read`, remedy }];
  }
  const faults: Fault[] = [];
  if (service.get('NeedDaemonReload') === 'yes')
    faults.push({
      level: doubtful,
      text: `${name} was changed since systemd read it`,
      remedy: 'systemctl daemon-reload',
    });
  const broken = await brokenProgram(service, { name, parts });
  return [...faults, ...(broken ?? lastEnd(service, name))];
}

/** Undefined when the program runs where the unit begins it. */
async function brokenProgram(
  service: Unit,
  { name, parts }: { name: string; parts: TimerParts },
): Promise<Fault[] | undefined> {
  // systemctl shows it without quotes: `{ path=/usr/bin/holdfast ; argv[]=…`.
  const program = /^\{ path=(.*?) ; argv\[\]=/.exec(service.get('ExecStart') ?? '')?.[1];
  if (program === undefined) return undefined;
  const remedy =
    'Have the units written anew: holdfast schedule systemd --write /etc/systemd/system; systemctl daemon-reload';
  const place = await realProgram(program);
  const isHidden = service.get('PrivateTmp') === 'yes' && [program, place ?? program].some(isTemporary);
  const text = isHidden
    ? `${program} lies in a temporary directory, which ${name} does not see (PrivateTmp)`
    : await parts.faultOf(program, UNIT_PATH);
  return text === undefined ? undefined : [{ level: wrong, text: isHidden ? text : `${name}: ${text}`, remedy }];
}

/** How it ended last; nothing when that was well, or not since the machine was started. */
function lastEnd(service: Unit, name: string): Fault[] {
  const [result, status] = [service.get('Result') ?? '', Number(service.get('ExecMainStatus') ?? 0)];
  if (['success', ''].includes(result)) return [];
  const isOfSystemd = result === 'exit-code' && status >= STATUS_OF_SYSTEMD;
  const remedy = `See why: journalctl -u ${name}; once mended, try it now: systemctl start ${name}`;
  if (isOfSystemd) {
    const text = `the last time, systemd could not begin the program of ${name}: status=${status}`;
    // The program has just been run, so that it was mended since.
    return [{ level: status === STATUS_EXEC ? doubtful : wrong, text, remedy }];
  }
  const how = result === 'exit-code' ? `with exit code ${status}` : `by ${result} (status ${status})`;
  return [{ level: doubtful, text: `the last run of ${name} ended ${how}`, remedy }];
}

/** By name; empty where systemd does not run. */
async function unitsOf(names: readonly string[], parts: TimerParts): Promise<Map<string, Unit>> {
  if (names.length === 0) return new Map();
  try {
    const args = ['show', `--property=${PROPERTIES.join()}`, '--', ...names];
    const { exitCode, output } = await parts.processes.run('systemctl', args, parts);
    return exitCode === 0 ? unitsIn(output.toString()) : new Map();
  } catch (error) {
    if (hasCode(error, 'command-missing', 'command-failed', 'command-timeout')) return new Map();
    throw error;
  }
}

/** Units are apart by an empty line, properties in no certain order. */
function unitsIn(text: string): Map<string, Unit> {
  const units = text.split('\n\n').map((part) => {
    const lines = part.split('\n').filter((line) => line.includes('='));
    return new Map(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  });
  return new Map(units.map((unit) => [unit.get('Id') ?? '', unit]));
}
