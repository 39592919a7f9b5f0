/**
 * Before and after as a picture in SVG: nodes as columns, resources as boxes. What a colour says, a word, a sign or a
 * line says as well.
 */
import { wordsOfFault } from './fault.ts';
import type { Outcome, Verdict, World } from './model.ts';

const COLUMN = 168;
/** Nodes beside each other; more go below, so that it fits a screen. */
const LINE_MAX = 8;
const GAP = 12;
const BOX = 30;
const HEAD = 44;
const MARGIN = 24;
const TITLE = 84;
const LEGEND = 40;
/** From so many columns on, after stands below before. */
const SIDE_BY_SIDE_MAX = 4;
const LETTERS_MAX = 21;
const LETTERS_WIDE_MAX = 30;

const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  twice: '✘ could be active twice',
  stuck: '✘ stuck until somebody helps',
  down: '! service is lost',
  moved: '✔ moved, everything runs',
  same: '✔ everything runs where it was',
};
const VERDICT_INK: Readonly<Record<Verdict, string>> = {
  twice: '#a40000',
  stuck: '#a40000',
  down: '#8a4b00',
  moved: '#1b5e20',
  same: '#1b5e20',
};

interface Box {
  text: string;
  kind: 'still' | 'moved' | 'stopped' | 'twice' | 'fence';
}

interface Column {
  name: string;
  note: string;
  isOff: boolean;
  boxes: Box[];
}

interface Panel {
  title: string;
  columns: Column[];
}

/** @returns a whole document, readable without colour */
export function drawOutcome(world: World, outcome: Outcome): string {
  const panels = [panelOf(world, outcome, 'before'), panelOf(world, outcome, 'after')];
  const columns = panels[1]!.columns.length;
  const isWide = columns > SIDE_BY_SIDE_MAX;
  const panelWidth = Math.min(columns, LINE_MAX) * (COLUMN + GAP) - GAP;
  const boxes = Math.max(1, ...panels.flatMap(({ columns: of }) => of.map((column) => column.boxes.length)));
  const size = { lineHeight: HEAD + boxes * (BOX + 6) + 12, lines: Math.ceil(columns / LINE_MAX) };
  const panelHeight = 28 + size.lines * (size.lineHeight + GAP) - GAP;
  const words = wordsOf(outcome);
  const width = Math.max(
    760,
    isWide ? panelWidth + 2 * MARGIN : 2 * panelWidth + 56 + 2 * MARGIN,
    words.question.length * 12.5 + 2 * MARGIN,
    words.answer.length * 8.8 + 2 * MARGIN,
  );
  const height = TITLE + (isWide ? 2 * panelHeight + 36 : panelHeight) + LEGEND + MARGIN;
  const second = isWide ? { x: MARGIN, y: TITLE + panelHeight + 36 } : { x: MARGIN + panelWidth + 56, y: TITLE };
  const parts = [
    rect({ x: 0, y: 0, width, height }, 'fill="#ffffff"'),
    ...titleOf(outcome, words),
    ...drawPanel(panels[0]!, { x: MARGIN, y: TITLE, height: size.lineHeight }),
    arrow(
      isWide
        ? { x: MARGIN + panelWidth / 2, y: TITLE + panelHeight + 4, isDown: true }
        : { x: MARGIN + panelWidth + 12, y: TITLE + panelHeight / 2, isDown: false },
    ),
    ...drawPanel(panels[1]!, { ...second, height: size.lineHeight }),
    ...legend(height - LEGEND),
  ];
  const label = xmlText(`${outcome.faults.map(wordsOfFault).join(' and ')}: ${VERDICT_WORDS[outcome.verdict]}`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}" font-family="DejaVu Sans, Verdana, sans-serif">`,
    `<title>${label}</title>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function panelOf(world: World, outcome: Outcome, when: 'before' | 'after'): Panel {
  const placement = when === 'before' ? outcome.before : outcome.after;
  const columns = world.nodes.map(({ name, isOnline, isStandby }): Column => {
    const isOff = when === 'after' ? outcome.nodesDown.includes(name) || !isOnline : !isOnline;
    return {
      name,
      isOff,
      note: noteOf(outcome, { name, when, isOff, isStandby }),
      boxes: boxesOn(world, outcome, { name, when, placement }),
    };
  });
  const stopped = world.resources
    .filter(({ id, isFence }) => !isFence && (placement.get(id) ?? []).length === 0)
    .map(({ id }): Box => ({ text: `■ ${id}`, kind: 'stopped' }));
  const hasStopped = stopped.length > 0 || outcome.stopped.length > 0;
  const idle = { name: 'stopped', note: 'runs nowhere', isOff: false, boxes: stopped };
  return { title: when === 'before' ? 'Before' : 'After', columns: hasStopped ? [...columns, idle] : columns };
}

function noteOf(
  outcome: Outcome,
  { name, when, isOff, isStandby }: { name: string; when: 'before' | 'after'; isOff: boolean; isStandby: boolean },
): string {
  const hasFault = (kind: string): boolean =>
    outcome.faults.some((fault) => fault.kind === kind && 'node' in fault && fault.node === name);
  if (when === 'before') return isOff ? 'off' : isStandby ? 'standby' : 'online';
  if (outcome.unfenced.some(({ node }) => node === name)) return 'NOT FENCED';
  if (isOff) return outcome.fenced.some(({ node }) => node === name) ? 'off, fenced' : 'off';
  return isStandby || hasFault('node-standby') ? 'standby' : hasFault('link-cut') ? 'links cut' : 'online';
}

function boxesOn(
  { resources }: World,
  { twice, before }: Outcome,
  { name, when, placement }: { name: string; when: 'before' | 'after'; placement: Outcome['after'] },
): Box[] {
  return resources
    .filter(({ id }) => placement.get(id)?.includes(name) === true)
    .map(({ id, isFence }): Box => {
      const from = before.get(id) ?? [];
      if (isFence) return { text: `⚡ ${id}`, kind: 'fence' };
      if (when === 'before') return { text: id, kind: 'still' };
      if (twice.some(({ resource }) => resource === id)) return { text: `✘ ${id} TWICE`, kind: 'twice' };
      return from.includes(name) ? { text: id, kind: 'still' } : { text: `→ ${id}`, kind: 'moved' };
    })
    .toSorted((a, b) => Number(a.kind === 'fence') - Number(b.kind === 'fence'));
}

interface Words {
  question: string;
  answer: string;
}

function wordsOf({ faults, verdict, estimate, fenced, unfenced, stopped }: Outcome): Words {
  const isFailing = verdict === 'down' && stopped.length === 0;
  const shot = [
    ...fenced.map(({ node, by }) => `${node} fenced by ${by.join(', ')}`),
    ...unfenced.map(({ node }) => `${node} cannot be fenced`),
  ];
  const time = estimate.mostMs > 0 ? [`${seconds(estimate.leastMs)} to ${seconds(estimate.mostMs)}`] : [];
  return {
    question: `What if ${faults.map(wordsOfFault).join(', and ')}?`,
    answer: [isFailing ? '! a start will fail' : VERDICT_WORDS[verdict], ...shot, ...time].join('  ·  '),
  };
}

function titleOf({ verdict }: Outcome, { question, answer }: Words): string[] {
  return [
    text({ x: MARGIN, y: 34 }, question, 'font-size="20" font-weight="bold" fill="#111111"'),
    text({ x: MARGIN, y: 62 }, answer, `font-size="14" font-weight="bold" fill="${VERDICT_INK[verdict]}"`),
  ];
}

/** @param at.height of a line of nodes */
function drawPanel({ title, columns }: Panel, { x, y, height }: { x: number; y: number; height: number }): string[] {
  return [
    text({ x, y: y + 16 }, title, 'font-size="15" font-weight="bold" fill="#333333"'),
    ...columns.flatMap((column, at) =>
      drawColumn(column, {
        x: x + (at % LINE_MAX) * (COLUMN + GAP),
        y: y + 28 + Math.floor(at / LINE_MAX) * (height + GAP),
        height,
      }),
    ),
  ];
}

function drawColumn(
  { name, note, isOff, boxes }: Column,
  { x, y, height }: { x: number; y: number; height: number },
): string[] {
  const isIdle = note === 'runs nowhere';
  const frame = isIdle
    ? 'fill="none" stroke="#777777" stroke-dasharray="3 4"'
    : `fill="${isOff ? '#eeeeee' : '#f4f8fc'}" stroke="#555555"`;
  const strike = isOff ? ' text-decoration="line-through"' : '';
  return [
    rect({ x, y, width: COLUMN, height, rx: 6 }, `${frame} stroke-width="1.2"`),
    text(
      { x: x + COLUMN / 2, y: y + 19 },
      cut(name, LETTERS_MAX),
      `font-size="14" font-weight="bold" text-anchor="middle" fill="#111111"${strike}`,
    ),
    text({ x: x + COLUMN / 2, y: y + 35 }, note, 'font-size="11" text-anchor="middle" fill="#444444"'),
    ...(isOff
      ? [
          line(x + 4, y + 4, { toX: x + COLUMN - 4, toY: y + height - 4 }),
          line(x + COLUMN - 4, y + 4, { toX: x + 4, toY: y + height - 4 }),
        ]
      : []),
    ...boxes.flatMap((box, at) => drawBox(box, { x: x + 8, y: y + HEAD + at * (BOX + 6) })),
  ];
}

const BOXES: Readonly<Record<Box['kind'], string>> = {
  still: 'fill="#ffffff" stroke="#37618e" stroke-width="1.2"',
  moved: 'fill="#fff3c4" stroke="#7a5200" stroke-width="2.6"',
  stopped: 'fill="#ffffff" stroke="#a40000" stroke-width="1.6" stroke-dasharray="5 3"',
  twice: 'fill="#ffd9d9" stroke="#a40000" stroke-width="4"',
  fence: 'fill="#f7f7f7" stroke="#999999" stroke-width="1" stroke-dasharray="1 2"',
};

function drawBox({ text: label, kind }: Box, { x, y }: { x: number; y: number }): string[] {
  const weight = kind === 'moved' || kind === 'twice' ? ' font-weight="bold"' : '';
  const size = label.length > LETTERS_MAX ? 9 : 12;
  return [
    `<g><title>${xmlText(label)}</title>`,
    rect({ x, y, width: COLUMN - 16, height: BOX, rx: 4 }, BOXES[kind]),
    text(
      { x: x + 8, y: y + 20 },
      cut(label, size === 9 ? LETTERS_WIDE_MAX - 4 : LETTERS_MAX),
      `font-size="${size}" fill="${kind === 'fence' ? '#555555' : '#111111'}"${weight}`,
    ),
    '</g>',
  ];
}

function legend(y: number): string[] {
  const entries: [Box['kind'], string][] = [
    ['still', 'where it was'],
    ['moved', '→ moved here'],
    ['stopped', '■ stopped'],
    ['twice', '✘ active twice'],
    ['fence', '⚡ fence device'],
  ];
  return entries.flatMap(([kind, label], at) => [
    rect({ x: MARGIN + at * 142, y: y + 6, width: 22, height: 14, rx: 3 }, BOXES[kind]),
    text({ x: MARGIN + at * 142 + 28, y: y + 18 }, label, 'font-size="12" fill="#333333"'),
  ]);
}

function arrow({ x, y, isDown }: { x: number; y: number; isDown: boolean }): string {
  const turn = isDown ? ` transform="rotate(90 ${x} ${y})"` : '';
  return `<path d="M${x} ${y - 5}h18v-9l16 14l-16 14v-9h-18z" fill="#555555"${turn}/>`;
}

interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
  rx?: number;
}

function rect({ x, y, width, height, rx = 0 }: Area, rest: string): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${rx}" ${rest}/>`;
}

function line(x: number, y: number, { toX, toY }: { toX: number; toY: number }): string {
  return `<line x1="${x}" y1="${y}" x2="${toX}" y2="${toY}" stroke="#888888" stroke-width="2"/>`;
}

function text({ x, y }: { x: number; y: number }, content: string, rest: string): string {
  return `<text x="${x}" y="${y}" ${rest}>${xmlText(content)}</text>`;
}

function cut(content: string, letters: number): string {
  return content.length <= letters ? content : `${content.slice(0, letters - 1)}…`;
}

function seconds(ms: number): string {
  return ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;
}

/** Names of a cluster may hold anything that XML may; control characters may not stand in it at all. */
function xmlText(content: string): string {
  return content
    .replace(/[^\t\n\x20-\ud7ff\ue000-\ufffd]/gu, (found) => (found.length > 1 ? found : '�'))
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
