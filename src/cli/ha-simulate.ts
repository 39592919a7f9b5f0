import { availableParallelism } from 'node:os';
import { SIMULATION_MS_MAX } from '../base/cluster-limits.ts';
import { AppError, type ErrorCode, hasCode } from '../base/errors.ts';
import { live, mmp, simulator, UNANSWERED } from '../cluster.ts';
import { equivalence, imports, simulate } from '../failover.ts';
import { systemProcesses } from '../host.ts';
import type { Context } from './context.ts';
import { readSource } from './ha-import-source.ts';
import { type FindHost, LOCAL, openHosts } from './ha-mmp-devices.ts';
import { showAll, showEquivalence, showOutcome } from './ha-simulate-show.ts';
import { createFile, refuseExisting } from './new-file.ts';
import { flag, list, type OptionValues, text, whole } from './options.ts';
import { defineCommand } from './spec.ts';
import { counted, printable } from './text.ts';
import { readSettingFile } from './text-file.ts';

const OPTIONS = {
  cib: text('file', 'Simulate with this CIB instead of a running cluster'),
  corosync: text('file', 'The corosync.conf that belongs to it: votes and times'),
  on: text('host', 'Ask this host: one of the configuration, or one that ssh knows; this machine when absent'),
  all: flag('Every single and every double fault, worst first'),
  equivalence: text('folder', 'Compare with Heartbeat: ha.cf and haresources of this folder, with the CIB they become'),
  long: flag('Also show what goes well'),
  svg: text('file', 'Draw before and after into this file, which must not be there yet'),
  mountWait: list('device=seconds', 'What a mount of that device waits after its node died'),
  timeLimit: whole('seconds', 'For each run of crm_simulate (default 120)', { min: 1 }),
} as const;

type Options = OptionValues<typeof OPTIONS>;

/** A device that cannot be read here leaves its wait unknown, which is told. */
const UNREADABLE: readonly ErrorCode[] = [
  'device-failed',
  'command-timeout',
  'command-missing',
  'command-failed',
  'storage-denied',
];

export const command = defineCommand({
  description:
    "Says what would happen if, by Pacemaker's own scheduler (crm_simulate), which must be installed here: who is fenced, " +
    'what starts and stops where and after what, where everything ends up, what stays stopped and why, how long it may ' +
    'take, and whether anything could be active on two nodes. Faults are given as dies:NODE, returns:NODE (dies and ' +
    'comes back), standby:NODE, cut:NODE (its links), fence:DEVICE (dead), monitor:RESOURCE (fails), start:RESOURCE and ' +
    'stop:RESOURCE (fails, and then does not start or stop there), and quorum. Nothing is changed. Exit code 1 when ' +
    'something could be active on two nodes.',
  examples: [
    { line: 'ha simulate dies:oss1', does: 'what happens to the running cluster if oss1 loses power' },
    { line: 'ha simulate cut:oss1 fence:fence-oss2 --svg cut.svg', does: 'two faults at once, with a picture' },
    {
      line: 'ha simulate --all --cib cib.xml --corosync corosync.conf',
      does: 'every fault alone and in pairs, from files',
    },
    { line: 'ha simulate --equivalence /etc/ha.d', does: 'where Pacemaker would do otherwise than Heartbeat' },
  ],
  arguments: [
    { usage: '[fault...]', description: 'dies:, returns:, standby:, cut:, fence:, monitor:, start:, stop:, quorum' },
  ],
  options: OPTIONS,
  async run(context, words, options) {
    expectOneTask(words, options);
    if (options.svg !== undefined) await refuseExisting(options.svg);
    const { signal } = context;
    const timeLimitMs = options.timeLimit === undefined ? SIMULATION_MS_MAX : options.timeLimit * 1000;
    await using program = await simulator.openSimulator({ processes: systemProcesses, timeLimitMs, signal });
    if (options.equivalence !== undefined) return await compare(context, { program, options });
    const world = await openWorld(context, { program, options });
    return options.all
      ? await all(context, { program, world, options })
      : await one(context, { program, world, words, options });
  },
});

function expectOneTask(words: readonly string[], { all: isAll, equivalence: folder, svg, cib, on }: Options): void {
  const tasks = [words.length > 0, isAll, folder !== undefined].filter(Boolean).length;
  if (tasks !== 1)
    throw new AppError('usage', {
      detail: tasks === 0 ? 'no fault is given' : 'faults, --all and --equivalence are three different questions',
      hint: 'Give one or more faults, such as dies:NODE; or --all; or --equivalence FOLDER.',
    });
  if (svg !== undefined && words.length === 0)
    throw new AppError('usage', { detail: '--svg draws one case', hint: 'Give its faults.' });
  if (cib !== undefined && on !== undefined)
    throw new AppError('usage', { detail: '--cib and --on are two sources', hint: 'Give one.' });
}

interface Task {
  program: simulator.Simulator;
  options: Options;
}

async function one(
  context: Context,
  { program, world, words, options }: Task & { world: simulate.World; words: readonly string[] },
): Promise<undefined> {
  const faults = [...new Set(words)].map((word) => simulate.parseFault(word, world));
  tellPlan(context, simulate.planSimulation(world, faults));
  const outcome = await simulate.simulateFaults(world, faults, program.run);
  showOutcome(context, world, outcome);
  if (options.svg !== undefined) await createFile(options.svg, simulate.drawOutcome(world, outcome));
  context.output.summary({
    verdict: outcome.verdict,
    runs: program.runs,
    svg: options.svg ?? null,
    remarks: world.remarks,
  });
  if (outcome.verdict === 'twice') throw unsafe(1);
  return undefined;
}

/** With -v: what the scheduler is told, so that it can be done by hand. */
function tellPlan({ output }: Context, { views, changes }: ReturnType<typeof simulate.planSimulation>): void {
  for (const change of changes) output.detail(printable(`changed first: ${change}`));
  for (const { nodes, failedNodes, injected, failing } of views) {
    const told = [
      ...failedNodes.map((node) => `--node-fail=${node}`),
      ...injected.map((spec) => `--op-inject=${spec}`),
      ...failing.map((spec) => `--op-fail=${spec}`),
    ];
    output.detail(printable(`crm_simulate as seen by ${nodes.join(', ')}: ${told.join(' ') || 'no more'}`));
  }
}

async function all(
  context: Context,
  { program, world, options }: Task & { world: simulate.World },
): Promise<'incomplete' | undefined> {
  const { output, signal } = context;
  using progress = output.progress();
  const outcome = await simulate.simulateAll(world, program.run, {
    width: availableParallelism(),
    signal,
    onProgress: (done, of) => progress.update({ filesDone: done, filesTotal: of, bytesDone: 0, bytesTotal: 0 }),
  });
  progress.end();
  showAll(context, outcome, options.long);
  for (const remark of world.remarks) output.note(printable(`· ${remark}`));
  const { cases, faults, simulated, independent, left } = outcome;
  output.summary({
    faults,
    simulated,
    independent,
    left,
    runs: program.runs,
    worst: cases[0]?.outcome.verdict ?? null,
  });
  const twice = cases.filter((each) => each.outcome.verdict === 'twice').length;
  if (twice > 0) throw unsafe(twice);
  return left > 0 ? 'incomplete' : undefined;
}

async function compare(context: Context, { program, options }: Task): Promise<undefined> {
  const source = await readSource(context, {
    from: options.equivalence,
    haCf: undefined,
    haresources: undefined,
    authkeys: undefined,
    cib: undefined,
    peer: undefined,
  });
  const { cf, haresources, authkeys, scripts, services, resolved, configTexts } = source;
  if (cf === undefined || haresources === undefined)
    throw new AppError('config', {
      detail: `${options.equivalence}: there is no ${cf === undefined ? 'ha.cf' : 'haresources'} in it`,
    });
  const known = { scripts, services, resolved, configText: (file: string) => configTexts.get(file) };
  const input = { cf, haresources, authkeys, ...known };
  const made = imports.documentsOf(imports.planImport(input));
  const given =
    options.cib === undefined ? { cibText: made.cibXml, corosyncText: made.corosyncConf } : await readFiles(options);
  const world = await simulate.openWorld(
    { ...given, file: options.cib ?? 'the imported CIB', mountWaitS: waitsOf(options) },
    program,
  );
  expectMounted(world, options);
  const compared = await equivalence.compareImport(input, world, {
    run: program.run,
    width: availableParallelism(),
    signal: context.signal,
  });
  showEquivalence(context, compared, options.long);
  for (const remark of world.remarks) context.output.note(printable(`· ${remark}`));
  const { faultSets, rows, same, twice } = compared;
  context.output.summary({
    faults: faultSets,
    placements: rows.length,
    same,
    different: rows.length - same,
    twice: twice.length,
  });
  if (twice.length > 0) throw unsafe(twice.length);
  return undefined;
}

async function openWorld(context: Context, { program, options }: Task): Promise<simulate.World> {
  const given = waitsOf(options);
  if (options.cib !== undefined) {
    const input = { ...(await readFiles(options)), file: options.cib, mountWaitS: given };
    const world = await simulate.openWorld(input, program);
    expectMounted(world, options);
    return world;
  }
  const host = (await openHosts(context))(options.on ?? LOCAL);
  const { cibText, ...found } = await readLive(host, { clock: context.clock, signal: context.signal });
  const corosyncText = options.corosync === undefined ? found.corosyncText : await readText(options.corosync);
  const world = await simulate.openWorld({ cibText, corosyncText, file: `CIB of ${host.name}` }, program);
  expectMounted(world, options);
  const read = await readWaits(world, { host, signal: context.signal });
  const mountWaitS = (device: string): number | undefined => given(device) ?? read.get(device);
  return await simulate.openWorld({ cibText, corosyncText, file: `CIB of ${host.name}`, mountWaitS }, program);
}

/** @throws {AppError} as `readLiveConfiguration`; `refused` where Heartbeat runs, which has no CIB */
async function readLive(host: live.Seat, options: live.ReadOptions): Promise<simulator.LiveConfiguration> {
  try {
    return await simulator.readLiveConfiguration(host, options);
  } catch (error) {
    if (!hasCode(error, 'cluster-down', 'command-missing') || !(await runsHeartbeat(host, options))) throw error;
    throw new AppError('refused', {
      detail: `${host.name} runs Heartbeat, which has no CIB to simulate with`,
      hint: 'What it does after each fault, beside what Pacemaker would do: holdfast ha simulate --equivalence /etc/ha.d',
      cause: error,
    });
  }
}

/** Where that is not told either, the first answer says more. */
async function runsHeartbeat(host: live.Seat, options: live.ReadOptions): Promise<boolean> {
  try {
    return (await live.readState(host, options)).kind === 'heartbeat';
  } catch (error) {
    if (!hasCode(error, ...UNANSWERED)) throw error;
    return false;
  }
}

/** A wait of a device that nothing mounts would be taken for one that counts. @throws {AppError} `usage` */
function expectMounted(world: simulate.World, { mountWait }: Options): void {
  const devices = new Set(world.resources.flatMap(({ device }) => (device === undefined ? [] : [device])));
  const strange = mountWait.map(deviceOf).find((device) => !devices.has(device));
  if (strange === undefined) return;
  throw new AppError('usage', {
    detail: `--mount-wait ${strange}: no resource mounts a filesystem with multiple-mount protection from it`,
    hint: devices.size === 0 ? 'None does.' : `There are: ${[...devices].join(', ')}.`,
  });
}

function deviceOf(mountWait: string): string {
  return mountWait.slice(0, mountWait.lastIndexOf('='));
}

async function readFiles({ cib, corosync }: Options): Promise<{ cibText: string; corosyncText: string | undefined }> {
  return { cibText: await readText(cib!), corosyncText: corosync === undefined ? undefined : await readText(corosync) };
}

async function readText(path: string): Promise<string> {
  return await readSettingFile(path, { what: 'the file', code: 'config' });
}

/** What a mount will wait when the node that has it dies, whoever has it now. */
async function readWaits(
  world: simulate.World,
  { host, signal }: { host: ReturnType<FindHost>; signal: AbortSignal },
): Promise<Map<string, number>> {
  const waits = new Map<string, number>();
  const devices = new Set(world.resources.flatMap(({ device }) => (device?.startsWith('/') ? [device] : [])));
  for (const device of devices) {
    try {
      const reading = await mmp.readMmp(host, device, signal);
      const isProtected = reading.state === 'clean' || reading.state === 'active-or-crashed';
      const after = isProtected ? { ...reading, state: 'active-or-crashed' as const } : reading;
      const { mountsAfterS } = mmp.mountWaitOf(after);
      if (mountsAfterS !== undefined) waits.set(device, mountsAfterS);
    } catch (error) {
      if (!hasCode(error, ...UNREADABLE)) throw error;
    }
  }
  return waits;
}

function waitsOf({ mountWait }: Options): (device: string) => number | undefined {
  const waits = new Map(
    mountWait.map((each) => {
      const [, device, seconds] = /^(.+)=(\d+)$/.exec(each) ?? [];
      if (device === undefined)
        throw new AppError('usage', { detail: `--mount-wait ${each}: write DEVICE=SECONDS`, hint: '' });
      return [device, Number(seconds)] as const;
    }),
  );
  return (device) => waits.get(device);
}

function unsafe(cases: number): AppError {
  return new AppError('failed', {
    detail: `something could be active on two nodes: ${counted(cases, 'case')}`,
    hint: 'Turn fencing on (stonith-enabled=true) with a device for each node that its peers may use: holdfast ha fence list',
  });
}
