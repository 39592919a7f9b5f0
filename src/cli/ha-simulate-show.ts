/** How simulations are shown: one, all of them, and an old cluster beside a new one. */
import { type equivalence, simulate } from '../failover.ts';
import type { Context } from './context.ts';
import type { Output } from './output.ts';
import { counted, printable } from './text.ts';

const SIGNS = { twice: '✘', stuck: '✘', down: '!', moved: '✔', same: '✔' } as const;
const WORDS = {
  twice: 'could be active on two nodes',
  stuck: 'stuck: a node that must be fenced cannot be',
  down: 'service is lost',
  moved: 'everything runs, some of it elsewhere',
  same: 'everything runs where it was',
} as const;
const STYLES = { twice: 'red', stuck: 'red', down: 'yellow', moved: 'green', same: 'green' } as const;

export function showOutcome({ output }: Context, world: simulate.World, outcome: simulate.Outcome): void {
  const { verdict, faults } = outcome;
  output.line(`What if ${printable(faults.map(simulate.wordsOfFault).join(', and '))}?`);
  output.line(output.paint(STYLES[verdict], `${SIGNS[verdict]} ${WORDS[verdict]}`));
  for (const { resource, nodes, why } of outcome.twice)
    output.line(printable(`  ✘ ${resource} on ${nodes.join(' and ')}: ${why}`));
  for (const { node, why } of outcome.unfenced) output.line(printable(`  ✘ ${node} is not fenced: ${why}`));
  for (const { node, by } of outcome.fenced) output.line(printable(`  ⚡ ${node} is fenced by ${by.join(', ')}`));
  for (const { resource, why } of outcome.stopped) output.line(printable(`  ■ ${resource} is stopped: ${why}`));
  for (const remark of [...outcome.remarks, ...world.remarks]) output.line(printable(`  · ${remark}`));
  showPlacement(output, world, outcome);
  showSteps(output, outcome);
  showEstimate(output, outcome);
  output.record('simulation', outcomeFields(outcome));
}

function showPlacement(
  output: Output,
  { resources }: simulate.World,
  { before, after, twice }: simulate.Outcome,
): void {
  const fences = new Set(resources.filter(({ isFence }) => isFence).map(({ id }) => id));
  const rows = [...before].map(([id, from]) => {
    const to = after.get(id) ?? [];
    const isSame = from.length === to.length && from.every((node) => to.includes(node));
    const isTwice = twice.some(({ resource }) => resource === id);
    return [
      isTwice ? '✘' : isSame || fences.has(id) ? '' : to.length === 0 ? '■' : '→',
      id,
      from.join(', ') || '-',
      to.join(', ') || '-',
    ];
  });
  output.line();
  const columns = [
    { title: '' },
    { title: 'Resource' },
    { title: 'Before', flexible: 'start' as const },
    { title: 'After', flexible: 'start' as const },
  ];
  output.table(columns, rows);
}

function showSteps(output: Output, { steps }: simulate.Outcome): void {
  if (steps.length === 0) return;
  output.line();
  const columns = [{ title: '' }, { title: 'Step' }, { title: 'Node' }, { title: 'After', flexible: 'start' as const }];
  const mark = { done: '✔', failed: '✘ fails', blocked: '… waits' };
  output.table(
    columns,
    steps.map(({ what, resource, node, after, state }) => [
      mark[state],
      [what, resource].filter((word) => word !== '').join(' '),
      node,
      after.join(', '),
    ]),
  );
}

function showEstimate(output: Output, { estimate: { parts, leastMs, mostMs } }: simulate.Outcome): void {
  if (parts.length === 0) return;
  output.line();
  const columns = [
    { title: 'Time on the longest way', flexible: 'start' as const },
    { title: 'at least', align: 'right' as const },
    { title: 'at most', align: 'right' as const },
  ];
  const rows = parts.flatMap(({ what, leastMs: least, mostMs: most }) => {
    const [first = '', ...more] = what.split(', ');
    return [[first, seconds(least), seconds(most)], ...more.map((text) => [`  ${text}`, '', ''])];
  });
  output.table(columns, [...rows, ['all', seconds(leastMs), seconds(mostMs)]]);
}

export function showAll(
  { output }: Context,
  { cases, faults, simulated, independent, left }: simulate.AllOutcome,
  isLong: boolean,
): void {
  const shown = isLong
    ? cases
    : cases.filter(({ outcome }) => outcome.verdict !== 'moved' && outcome.verdict !== 'same');
  const columns = [
    { title: '' },
    { title: 'Faults' },
    { title: 'Alike', align: 'right' as const },
    { title: 'at most', align: 'right' as const },
    { title: 'What', flexible: 'start' as const },
  ];
  output.table(
    columns,
    shown.map(({ outcome, alike }) => [
      `${SIGNS[outcome.verdict]} ${outcome.verdict}`,
      outcome.faults.map(simulate.formatFault).join(' '),
      alike.length === 0 ? '' : `+${alike.length}`,
      seconds(outcome.estimate.mostMs),
      shortly(outcome),
    ]),
  );
  for (const { outcome, alike } of cases)
    output.record('simulation', {
      ...outcomeFields(outcome),
      alike: alike.map((set) => set.map(simulate.formatFault)),
    });
  output.line();
  const count = Object.entries(Object.groupBy(cases, ({ outcome }) => outcome.verdict)).map(
    ([verdict, of]) => `${of.length} ${verdict}`,
  );
  output.line(`${counted(faults, 'fault')} alone and in pairs, ${simulated} of them simulated: ${count.join(', ')}.`);
  if (cases.every(({ outcome }) => outcome.verdict !== 'twice'))
    output.line('✔ In none of them could anything be active on two nodes.');
  output.line(
    `The others are the same but for names, or (${independent}) pairs in parts of the cluster that nothing ties together.`,
  );
  if (!isLong && shown.length < cases.length)
    output.line(`Not shown: ${cases.length - shown.length} after which everything runs (--long).`);
  if (left > 0) output.warn(`${left} pairs were not looked at, as there are too many; name those you fear`);
}

function shortly({ twice, unfenced, stopped, moved }: simulate.Outcome): string {
  if (twice.length > 0) return twice.map(({ resource, nodes }) => `${resource} on ${nodes.join(' and ')}`).join('; ');
  if (unfenced.length > 0) return unfenced.map(({ node, why }) => `${node}: ${why}`).join('; ');
  if (stopped.length > 0) return `stopped: ${stopped.map(({ resource }) => resource).join(', ')}`;
  return moved.map(({ resource, to }) => `${resource} → ${to.join(', ')}`).join('; ');
}

export function showEquivalence(
  { output }: Context,
  { rows, faultSets, same, differences, twice }: equivalence.Equivalence,
  isLong: boolean,
): void {
  const shown = rows.filter(({ isSame, faults }) => isLong || (!isSame && faults.length === 1));
  const columns = [
    { title: '' },
    { title: 'Faults' },
    { title: 'Group' },
    { title: 'Heartbeat' },
    { title: 'Pacemaker' },
    { title: 'Difference', flexible: 'start' as const },
  ];
  output.table(
    columns,
    shown.map(({ faults, group, heartbeat, pacemaker, isSame, difference, isTwice }) => [
      isTwice ? '✘' : isSame ? '=' : '≠',
      faults.map(simulate.formatFault).join(' '),
      group,
      heartbeat.join(' AND ') || '-',
      pacemaker.join(' AND ') || '-',
      difference,
    ]),
  );
  for (const { faults, group, heartbeat, pacemaker, isSame, difference, isTwice } of rows)
    output.record('comparison', {
      faults: faults.map(simulate.formatFault),
      group,
      heartbeat,
      pacemaker,
      same: isSame,
      difference: difference || null,
      twice: isTwice,
    });
  output.line();
  output.line(
    `${counted(faultSets, 'fault')} alone and in pairs, ${counted(rows.length, 'placement')}: ${same} the same, ${rows.length - same} different:`,
  );
  for (const [text, count] of differences) output.line(printable(`${String(count).padStart(6)}  ${text}`));
  output.line(twice.length === 0 ? '✔ Under Pacemaker nothing is ever active on two nodes.' : '');
  for (const { faults, resource, nodes, why } of twice)
    output.line(
      printable(`✘ ${faults.map(simulate.formatFault).join(' ')}: ${resource} on ${nodes.join(' and ')}: ${why}`),
    );
}

function outcomeFields(outcome: simulate.Outcome): Record<string, unknown> {
  const { faults, verdict, before, after, steps, estimate, nodesDown, ...rest } = outcome;
  return {
    faults: faults.map(simulate.formatFault),
    verdict,
    before: Object.fromEntries(before),
    after: Object.fromEntries(after),
    steps,
    ...rest,
    nodes_down: nodesDown,
    estimate: {
      least_ms: estimate.leastMs,
      most_ms: estimate.mostMs,
      parts: estimate.parts.map(({ what, leastMs, mostMs }) => ({ what, least_ms: leastMs, most_ms: mostMs })),
    },
  };
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
