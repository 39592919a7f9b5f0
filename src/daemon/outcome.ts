/** What came of a run, told to whom it concerns. Whoever heard of a failure hears of its end as well. */
import { recalledError } from '../base/errors.ts';
import type { Run } from '../ledger.ts';
import { notices } from '../notify.ts';
import { aboutCluster } from './alarms.ts';
import type { RunWorld } from './model.ts';
import { calledAs, shelfKey, shelfSubject, shelfTroubles } from './shelf-scope.ts';
import { collectStatus, failureKey } from './status.ts';

type World = Pick<RunWorld, 'config' | 'ledger' | 'clock' | 'identity' | 'tell' | 'tellOwed'>;

/** For dead-man targets. */
export async function tellStart(world: World, run: Run): Promise<void> {
  if (givesSigns(world, run)) await world.tell(notices.startNotice({ ...aboutOf(world, run), run: factsOf(run) }));
}

/**
 * A run that has ended, and why it is unusual where it is. Taken down last: after a kill it is told again rather than never.
 * What targets had not taken before is tried again after it, as where there is no daemon nobody else does.
 */
export async function tellOutcome(world: World, run: Run): Promise<void> {
  if (run.status === 'success') await tellSuccess(world, run);
  else await tellFailure(world, run);
  await tellAnomaly(world, run);
  world.ledger.markTold(run.id);
  await world.tellOwed(run.startedMs);
}

async function tellAnomaly(world: World, run: Run): Promise<void> {
  const { id, kind, subject, snapshotId } = run;
  if (kind !== 'backup' || snapshotId === undefined) return;
  const hold = world.ledger.holds(subject).find((each) => each.runId === id && each.snapshotId === snapshotId);
  if (hold === undefined || hold.releasedMs !== undefined) return;
  const { reasons } = hold;
  const release = `holdfast history --release ${id}`;
  await world.tell(notices.anomalyNotice({ ...aboutOf(world, run), reasons, snapshotId, release, run: factsOf(run) }));
}

async function tellSuccess(world: World, run: Run): Promise<void> {
  const about = aboutOf(world, run);
  if (givesSigns(world, run)) {
    const figures = Object.fromEntries(Object.entries(run.figures).filter(([, value]) => value !== undefined));
    await world.tell(notices.successNotice({ ...about, run: factsOf(run), figures }));
  }
  if (run.kind === 'shelf') return await tellShelfSuccess(world, run);
  const sinceMs = world.ledger.troubles().get(keyOf(run));
  if (sinceMs === undefined) return;
  // Told first and taken down after, so that who is killed in between tells twice rather than never.
  await world.tell(notices.recoveryNotice({ ...about, trouble: 'failure', sinceMs, run: factsOf(run) }));
  world.ledger.closeTrouble(keyOf(run));
}

/** The end of every failure that this success covers, each under its own name, and what is still wrong at the shelf. */
async function tellShelfSuccess(world: World, run: Run): Promise<void> {
  const since = world.ledger.troubles();
  const troubles = shelfTroubles(run.subject, run.notes, since.keys());
  const stillWrong = troubles.filter(({ isEnded }) => !isEnded).map(({ called }) => called || 'check');
  for (const { key, called } of troubles.filter(({ isEnded }) => isEnded)) {
    const about = { ...aboutOf(world, run), subject: shelfSubject(run.subject, called), run: factsOf(run) };
    await world.tell(notices.recoveryNotice({ ...about, trouble: 'failure', sinceMs: since.get(key)!, stillWrong }));
    world.ledger.closeTrouble(key);
  }
}

/** Taken down as a trouble first: a message that cannot leave now must not make the failure unknown. */
async function tellFailure(world: World, run: Run): Promise<void> {
  if (run.status === 'success' || run.status === 'running') return;
  const { ledger } = world;
  ledger.openTrouble(keyOf(run), run.startedMs);
  const { status, errorCode, errorText, notes } = run;
  const { hint } = recalledError(errorCode, errorText ?? status);
  const facts = { ...aboutOf(world, run), run: factsOf(run), status, errorCode, errorText, hint, notes };
  await world.tell(notices.failureNotice({ ...facts, newestProvenMs: newestProvenMs(world, run) }));
}

/** How far back one would have to go now; for vaults that is not asked. */
function newestProvenMs(world: World, { kind, subject }: Run): number | 'none' | undefined {
  if (kind !== 'backup') return undefined;
  const plan = collectStatus(world).plans.find((each) => each.plan === subject);
  return plan === undefined ? undefined : (plan.proven?.pointMs ?? 'none');
}

/** Dead-man targets stand for a plan each, or for the cluster that names them. */
function givesSigns({ config }: World, { kind, subject }: Run): boolean {
  return kind === 'backup' || (kind === 'fencing' && config.clusters[subject]?.fencing.notify !== undefined);
}

/** `failure etc` of a plan; `failure verify main` of a vault; `failure fencing oss` of a cluster; `failure shelf dumps check` of a call at a shelf. */
function keyOf({ kind, subject, notes }: Run): string {
  if (kind === 'shelf') return shelfKey(subject, notes);
  return kind === 'backup' ? failureKey(subject) : `failure ${kind} ${subject}`;
}

function aboutOf(
  { config, clock, identity }: World,
  { kind, subject, notes }: Run,
): Parameters<typeof notices.startNotice>[0] {
  if (kind === 'fencing') return aboutCluster({ config, identity }, subject, clock.nowMs());
  const subjectText = kind === 'shelf' ? shelfSubject(subject, calledAs(notes)) : `${kind} of vault ${subject}`;
  const ofVault = kind === 'shelf' ? {} : { vault: subject };
  const what = kind === 'backup' ? { plan: subject } : { plan: undefined, subject: subjectText, ...ofVault };
  return { ...what, hostname: identity.hostname, nowMs: clock.nowMs(), timezone: config.timezone };
}

function factsOf({ id, startedMs, endedMs, logFile }: Run): {
  id: number;
  startedMs: number;
  endedMs: number | undefined;
  logFile: string | undefined;
} {
  return { id, startedMs, endedMs, logFile };
}
