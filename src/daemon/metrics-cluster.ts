/** Metrics of the fencing of clusters. docs/monitoring.md explains each. */
import { type Family, gauge, type Sample, seconds } from './metric-family.ts';
import type { ClusterStatus, WayStatus } from './status-cluster.ts';

const STATUSES = ['success', 'incomplete', 'failed', 'interrupted', 'lost'] as const;

export function clusterFamilies(clusters: readonly ClusterStatus[], nowMs: number): Family[] {
  const of = (value: (cluster: ClusterStatus) => number | undefined): Sample[] =>
    clusters.map((each) => [{ cluster: each.cluster }, value(each)]);
  const ofWay = (value: (way: WayStatus) => number | undefined): Sample[] =>
    clusters.flatMap(({ cluster, ways }) =>
      ways.map((way): Sample => [{ cluster, node: way.node, by: way.by }, value(way)]),
    );
  const statuses = clusters.flatMap(({ cluster, last }) =>
    last === undefined ? [] : STATUSES.map((status): Sample => [{ cluster, status }, Number(last.status === status)]),
  );
  return [
    gauge(
      'cluster_fencing_last_success_timestamp_seconds',
      'When the last test ended that proved every path of fencing',
      of((c) => seconds(c.lastSuccess?.endedMs)),
    ),
    gauge(
      'cluster_fencing_last_run_timestamp_seconds',
      'When the last test of fencing ended',
      of((c) => seconds(c.last?.endedMs)),
    ),
    gauge(
      'cluster_fencing_last_run_status',
      'How the last test of fencing ended: 1 for its status, 0 for the others',
      statuses,
    ),
    gauge(
      'cluster_fencing_overdue',
      'Whether the last good test of fencing is too long ago (1) or not (0)',
      of(({ overdue }) => (overdue.deadlineMs === undefined ? undefined : Number(overdue.isOverdue))),
    ),
    gauge(
      'cluster_fencing_next_run_timestamp_seconds',
      'When the next test of fencing begins by the schedule',
      of((c) => seconds(c.nextMs)),
    ),
    gauge(
      'cluster_fencing_path_proven',
      'Whether the node could be fenced by this path when it was last tried (1) or not (0)',
      ofWay((way) => Number(way.isProven)),
    ),
    gauge(
      'cluster_fencing_path_proven_timestamp_seconds',
      'When this path was last proven',
      ofWay((way) => seconds(way.provenMs)),
    ),
    gauge(
      'cluster_fencing_path_proven_age_seconds',
      'Age of that proof when this was written',
      ofWay((way) => (way.provenMs === undefined ? undefined : Math.max(0, nowMs - way.provenMs) / 1000)),
    ),
  ];
}
