/** How the fencing of clusters stands, as `status` shows it. */
import { FENCING_PROOF_MS_MAX } from '../base/cluster-limits.ts';
import type { ClusterStatus } from '../daemon.ts';
import type { Context } from './context.ts';
import { runFields } from './run-text.ts';
import { printable } from './text.ts';
import { formatAge, formatTime } from './time.ts';

const SIGNS: Readonly<Record<ClusterStatus['state'], string>> = {
  ok: '✔',
  incomplete: '!',
  'never ran': '✘',
  failed: '✘',
  overdue: '✘',
};

export function showClusters(
  { output }: Context,
  clusters: readonly ClusterStatus[],
  { nowMs, nextOf }: { nowMs: number; nextOf: (nextMs: number | undefined, nowMs: number) => string },
): void {
  if (clusters.length === 0) return;
  output.line();
  output.table(
    [
      { title: '' },
      { title: 'Cluster', flexible: 'start' },
      { title: 'Fencing' },
      { title: 'Ways proven', align: 'right' },
      { title: 'Last good test' },
      { title: 'Last test' },
      { title: 'Next' },
    ],
    clusters.map((each) => [
      SIGNS[each.state],
      each.cluster,
      each.state,
      `${each.ways.filter((way) => isFresh(way, nowMs)).length} of ${each.ways.length}`,
      each.lastSuccess === undefined ? 'never' : formatAge(each.lastSuccess.startedMs, nowMs),
      lastOf(each, nowMs),
      nextOf(each.nextMs, nowMs),
    ]),
  );
  for (const each of clusters) {
    for (const line of remarks(each, nowMs)) output.line(printable(`  ${each.cluster}: ${line}`));
    output.record('cluster', fieldsOf(each));
  }
}

/** As a verdict before a takeover counts it. */
function isFresh({ isProven, atMs }: ClusterStatus['ways'][number], nowMs: number): boolean {
  return isProven && nowMs - atMs <= FENCING_PROOF_MS_MAX;
}

function lastOf({ last, running }: ClusterStatus, nowMs: number): string {
  if (running !== undefined) return `running since ${formatTime(running.startedMs)}`;
  return last === undefined ? 'never' : `${last.status}, ${formatAge(last.startedMs, nowMs)}`;
}

/** What a person should do something about. */
function remarks({ cluster, state, last, overdue, ways }: ClusterStatus, nowMs: number): string[] {
  const { isOverdue, deadlineMs } = overdue;
  const provenOf = (ms: number | undefined): string =>
    ms === undefined ? 'never proven' : `proven ${formatAge(ms, nowMs)}`;
  return [
    ...(isOverdue && deadlineMs !== undefined
      ? [`its test is overdue since ${formatTime(deadlineMs)}: holdfast run --fencing ${cluster}`]
      : []),
    ...(last?.errorText !== undefined && state !== 'ok' ? [`run ${last.id} ${last.status}: ${last.errorText}`] : []),
    ...ways
      .filter((way) => !isFresh(way, nowMs))
      .map(({ node, by, isProven, text, provenMs }) =>
        isProven
          ? `${node} by ${by}: ${provenOf(provenMs)}, too long ago to count`
          : `${node} by ${by}: ${text} (${provenOf(provenMs)})`,
      ),
  ];
}

function fieldsOf({
  cluster,
  state,
  last,
  lastSuccess,
  running,
  nextMs,
  overdue,
  ways,
}: ClusterStatus): Record<string, unknown> {
  return {
    cluster,
    state,
    last_success: timeOf(lastSuccess?.endedMs),
    last_run: last === undefined ? null : runFields(last),
    running: running?.id ?? null,
    next: timeOf(nextMs),
    overdue: overdue.isOverdue,
    ways: ways.map(({ node, by, isProven, atMs, provenMs, text }) => {
      return { node, by, proven: isProven, tried: timeOf(atMs), last_proven: timeOf(provenMs), text };
    }),
  };
}

function timeOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
