/** `forget --plan`: the retention of a plan of the configuration, with each point's level and the day it will go. */
import { AppError } from '../base/errors.ts';
import { imagineYear, retainPoints } from '../daemon.ts';
import type { Context } from './context.ts';
import { shortId } from './ids.ts';
import { counted } from './text.ts';
import { formatTime } from './time.ts';
import { openWorld } from './world.ts';

export interface PlanRetention {
  plan: string;
  dryRun: boolean;
  simulate: boolean;
  waitMs: number;
}

type Outlook = Awaited<ReturnType<typeof retainPoints>>;

/** Shows what stays and goes and why and, without `dryRun`, removes what goes. */
export async function forgetByPlan(context: Context, { plan, dryRun, simulate, waitMs }: PlanRetention): Promise<void> {
  const { output, signal } = context;
  await using opened = await openWorld(context, { readOnly: dryRun || simulate });
  if (simulate) {
    for (const line of imagineYear(opened.world, plan)) output.line(line);
    output.summary({ plan });
    return;
  }
  const outlook = await retainPoints(opened.world, { plan, dryRun, waitMs, signal });
  if (outlook.keep.length + outlook.remove.length === 0)
    throw new AppError('snapshot-missing', {
      detail: `the vault has none of plan ${plan}`,
      hint: `holdfast run ${plan}`,
    });
  show(context, outlook);
  const what = counted(outlook.remove.length, 'snapshot');
  output.line(dryRun ? `Dry run: ${what} would be removed.` : `Removed ${what}.`);
  output.summary({ plan, kept: outlook.keep.length, removed: outlook.remove.length, dry_run: dryRun });
}

function show({ output }: Context, { keep, remove }: Outlook): void {
  const rows = [
    ...keep.map(({ point, level, goesMs, reasons }) => ({
      point,
      cells: [
        'keep',
        level === undefined ? '' : String(level),
        goesMs === undefined ? '' : formatTime(goesMs).slice(0, 10),
        reasons.map(({ text }) => text).join(', '),
      ],
    })),
    ...remove.map(({ point, text }) => ({ point, cells: ['remove', '', 'now', text] })),
  ].sort((a, b) => (a.point.sequence ?? 0) - (b.point.sequence ?? 0));
  output.table(
    [
      { title: '' },
      { title: 'ID' },
      { title: 'Point', align: 'right' },
      { title: 'Time' },
      { title: 'Proven' },
      { title: 'Level', align: 'right' },
      { title: 'Goes' },
      { title: 'Why', flexible: 'start' },
    ],
    rows.map(({ point, cells: [what, level, goes, why] }) => [
      what!,
      shortId(point.id),
      point.sequence === undefined ? '' : String(point.sequence),
      formatTime(point.timeMs),
      point.provenMs === undefined ? 'no' : 'yes',
      level!,
      goes!,
      why!,
    ]),
  );
  for (const { point, level, goesMs, reasons } of keep)
    output.record('point', {
      ...fieldsOf(point),
      keep: true,
      level: level ?? null,
      goes: goesMs === undefined ? null : new Date(goesMs).toISOString(),
      reasons: reasons.map(({ text }) => text),
    });
  for (const { point, text } of remove)
    output.record('point', { ...fieldsOf(point), keep: false, level: null, goes: null, reasons: [text] });
}

function fieldsOf({ id, time, sequence, provenMs, isHeld }: Outlook['keep'][number]['point']): Record<string, unknown> {
  return { id, short_id: shortId(id), time, point: sequence ?? null, proven: provenMs !== undefined, held: isHeld };
}
