/** The one screen of `ha status`, and its records. */
import { cib, live } from '../cluster.ts';
import type { FilesystemReading } from './ha-status-mmp.ts';
import { resourceRows, verdictOf } from './ha-status-text.ts';
import type { Output } from './output.ts';
import { printable } from './text.ts';
import { formatAge, formatTime } from './time.ts';

/** Newest fencing events on the screen; all of them with -v. */
const FENCING_SHOWN = 5;
/** Remarks on the screen; all of them with -v. */
const REMARKS_SHOWN = 12;

export interface Screen {
  survey: live.Survey;
  filesystems: readonly FilesystemReading[];
  nowMs: number;
}

export function showScreen(output: Output, { survey, filesystems, nowMs }: Screen): void {
  output.line(output.paint(live.isHealthy(survey) ? 'green' : 'red', printable(verdictOf(survey))));
  showRemarks(output, survey.remarks);
  const isSplit = survey.views.length > 1;
  for (const view of survey.views) showView(output, view, { isSplit, nowMs });
  showFilesystems(output, filesystems);
  for (const { from, ...answer } of survey.answers)
    if ('error' in answer)
      output.record('unanswered', { from, code: answer.error.code, message: answer.error.message });
}

function showRemarks(output: Output, remarks: readonly live.Remark[]): void {
  const shown = output.verbosity > 0 ? remarks : remarks.slice(0, REMARKS_SHOWN);
  for (const { level, subject, text } of shown) {
    const line = printable(`${level === 'error' ? '✘' : '!'} ${subject}: ${text}`);
    output.line(output.paint(level === 'error' ? 'red' : 'yellow', line));
  }
  if (shown.length < remarks.length) output.line(`  and ${remarks.length - shown.length} more; -v shows all`);
  for (const remark of remarks) output.record('remark', { ...remark });
}

function showView(
  output: Output,
  state: live.ClusterState,
  { isSplit, nowMs }: { isSplit: boolean; nowMs: number },
): void {
  const { dc, from, atMs } = state;
  const program = state.kind === 'heartbeat' ? 'Heartbeat' : `Pacemaker ${dc?.version?.split('-', 1)[0] ?? ''}`.trim();
  const stack = state.kind === 'heartbeat' ? [] : [state.stack ?? 'stack unknown', `DC ${dc?.name ?? 'none'}`];
  output.line();
  const heading = [program, ...stack, `${isSplit ? 'AS TOLD BY' : 'as told by'} ${from} at ${formatTime(atMs)}`].join(
    ', ',
  );
  output.line(output.paint('bold', printable(heading)));
  output.record('cluster', clusterFields(state));
  showNodes(output, state);
  showResources(output, state);
  showFailures(output, state);
  showMoves(output, state);
  showFencing(output, state, nowMs);
}

function showNodes(output: Output, { from, nodes, pings, links, dc }: live.ClusterState): void {
  output.table(
    [{ title: '' }, { title: 'Node' }, { title: 'State', flexible: 'start' }, { title: 'Resources', align: 'right' }],
    nodes.map((node) => {
      const words = live.wordsOfNode(node);
      const isMinor = node.kind === 'guest' && !node.isUnclean;
      const kind = node.kind === 'member' || node.kind === 'unknown' ? [] : [node.kind];
      const state = [...(words.length === 0 ? ['online'] : words), ...kind];
      return [
        words.length === 0 ? '✔' : isMinor ? '!' : '✘',
        node.name,
        [...state, ...(node.isDc || node.name === dc?.name ? ['DC'] : [])].join(', '),
        node.resourcesRunning === undefined ? '' : String(node.resourcesRunning),
      ];
    }),
  );
  for (const { name, isReached } of pings) output.line(printable(`${isReached ? '✔' : '✘'} ping ${name}`));
  const down = links.filter(({ isUp }) => !isUp).map(({ node, link }) => `${link} to ${node}`);
  if (links.length > 0)
    output.line(printable(down.length === 0 ? `All ${links.length} paths up` : `Paths DOWN: ${down.join(', ')}`));
  for (const node of nodes) output.record('node', { from, ...node });
}

function showResources(output: Output, { from, resources }: live.ClusterState): void {
  const rows = resourceRows(resources);
  output.line();
  if (rows.length === 0) output.line('No resources.');
  else
    output.table(
      [
        { title: '' },
        { title: 'Resource' },
        { title: 'State' },
        { title: 'Where' },
        { title: 'Agent', flexible: 'start' },
      ],
      rows.map(({ sign, name, agent, state, where }) => [sign, name, state, where, agent]),
    );
  for (const { primitive, within } of live.primitivesOf(resources))
    output.record('resource', { from, ...primitive, within: within.map(({ kind, id }) => ({ kind, id })) });
}

function showFailures(output: Output, { from, failures, failCounts }: live.ClusterState): void {
  if (failures.length > 0) {
    output.line();
    output.table(
      [
        { title: 'Failed' },
        { title: 'On' },
        { title: 'When' },
        { title: 'Count', align: 'right' },
        { title: 'How', flexible: 'start' },
      ],
      failures.map(({ resource, operation, node, at, exitText, reason }) => [
        `${resource} ${operation}`,
        node,
        timeText(at),
        countText(failCounts.find((each) => each.resource === resource && each.node === node)),
        [exitText, reason].filter((text) => text !== '').join(': '),
      ]),
    );
  }
  for (const failure of failures) output.record('failure', { from, ...failure });
  for (const count of failCounts) output.record('fail_count', { from, ...count });
}

function showMoves(output: Output, { from, moves, bans }: live.ClusterState): void {
  // crm_mon names a ban by rule after the rule.
  const isMove = new Set(moves.flatMap(({ id }) => [id, `${id}-rule`]));
  const rows = [
    ...moves.map(({ id, resource, kind, node = 'by rule', until }) => [
      resource,
      `${kind === 'prefer' ? 'bound to' : 'kept off'} ${node}`,
      until === undefined ? 'until cleared' : `until ${until}`,
      id,
    ]),
    ...bans
      .filter(({ id }) => !isMove.has(id))
      .map(({ id, resource, node, score }) => [
        resource,
        `kept off ${node}`,
        `configured, ${cib.formatScore(score)}`,
        id,
      ]),
  ];
  if (rows.length > 0) {
    output.line();
    const columns = [{ title: 'Constraint on' }, { title: 'Is' }, { title: 'How long' }];
    output.table([...columns, { title: 'Id', flexible: 'start' }], rows);
  }
  for (const move of moves) output.record('move', { from, ...move });
  for (const ban of bans) output.record('ban', { from, ...ban });
}

function showFencing(output: Output, { from, fencing = [] }: live.ClusterState, nowMs: number): void {
  const shown = output.verbosity > 0 ? fencing : fencing.slice(0, FENCING_SHOWN);
  if (shown.length > 0) {
    output.line();
    output.table(
      [
        { title: '' },
        { title: 'Fenced' },
        { title: 'Action' },
        { title: 'Result' },
        { title: 'By' },
        { title: 'When' },
      ],
      shown.map(({ target, action, status, delegate = '', completed }) => [
        status === 'success' ? '✔' : '✘',
        target,
        action,
        status === 'failed' ? 'FAILED' : status,
        delegate,
        completed?.ms === undefined ? timeText(completed) : formatAge(completed.ms, nowMs),
      ]),
    );
  }
  if (shown.length < fencing.length) output.line(`  and ${fencing.length - shown.length} older; -v shows all`);
  for (const event of fencing) output.record('fencing', { from, ...event });
}

function showFilesystems(output: Output, filesystems: readonly FilesystemReading[]): void {
  if (filesystems.length > 0) {
    output.line();
    output.table(
      [
        { title: '' },
        { title: 'Filesystem' },
        { title: 'MMP' },
        { title: 'Last written by' },
        { title: 'Device', flexible: 'end' },
      ],
      filesystems.map(({ sign, filesystem, state, writer }) => [
        sign,
        filesystem.resource,
        state,
        writer,
        filesystem.device,
      ]),
    );
  }
  for (const { filesystem, from, state, error, fields } of filesystems)
    output.record('filesystem', { from, ...filesystem, ...fields, state_text: state, error: error ?? null });
}

function clusterFields(state: live.ClusterState): Record<string, unknown> {
  const { from, kind, atMs, answer, stack, dc, hasQuorum, options, pings, links, gaps } = state;
  return {
    from,
    kind,
    time: new Date(atMs).toISOString(),
    answer,
    stack: stack ?? null,
    dc: dc ?? null,
    quorum: hasQuorum ?? null,
    options,
    pings,
    links,
    gaps,
  };
}

/** From a million on Pacemaker counts no further. */
function countText(failed: live.FailCount | undefined): string {
  if (failed === undefined) return '';
  return failed.count >= 1_000_000 ? 'INFINITY' : String(failed.count);
}

function timeText(time: live.ToldTime | undefined): string {
  if (time === undefined) return '';
  return time.ms === undefined ? time.text : formatTime(time.ms);
}
