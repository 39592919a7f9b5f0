import { formatBytes } from '../base/bytes.ts';
import { AppError } from '../base/errors.ts';
import { type Archive, days, listings, purge } from '../shelf.ts';
import type { Output } from './output.ts';
import { chosenShelf, endOf, type ShelfCall, tell, todayOf, warnOf } from './shelf-call.ts';
import { counted, printable } from './text.ts';

/** Prints the plan and does it. @throws {AppError} `refused` when nothing that stays could be proven */
export async function purgeStep(call: ShelfCall): Promise<undefined> {
  const { output, signal } = call.context;
  const { dryRun, keep } = call.values;
  const shelf = chosenShelf(call);
  if (!call.values.source && call.target === undefined)
    throw new AppError('usage', {
      detail: `shelf ${call.name} has no target to purge`,
      hint: 'To purge the shelf itself, as on the machine that holds the copy: --source',
    });
  await using end = await call.open(endOf(call, 'target'));
  const listing = await listings.listShelf(end, shelf, signal);
  const plan = purge.planPurge(listing, { shelf, keep, today: todayOf(call) });
  output.note(`Shelf ${call.name} at ${printable(end.address)}`);
  showPlan(output, plan);
  const remove = plan.groups.flatMap((group) => group.remove);
  const bytes = remove.reduce((sum, each) => sum + each.bytes, 0);
  if (dryRun) {
    output.line(`Dry run: ${counted(remove.length, 'archive')} with ${formatBytes(bytes)} would be removed.`);
    return;
  }
  const onProven = ({ path }: Archive): void => output.detail(`read back and right: ${printable(path)}`);
  const report = await purge.executePurge(plan, end, { shelf, signal, onProven });
  tell(
    call,
    `Removed ${counted(report.removed.length, 'archive')} with ${formatBytes(report.bytes)} and ${counted(report.folders.length, 'empty folder')}.`,
  );
  output.record('purged', {
    removed: report.removed.map(({ path }) => path),
    bytes: report.bytes,
    folders: report.folders,
  });
  for (const { path } of report.changed) warnOf(call, `${path} changed meanwhile and was left alone`);
  if (report.refused.length > 0) throw refusal(report);
}

export function showPlan(output: Output, { groups, folders }: purge.PurgePlan): void {
  for (const group of groups) {
    const { item, count, keep, remove, left } = group;
    output.line();
    output.line(`${item.category}/${item.name}: the last ${count === 1 ? 'one stays' : `${count} stay`}`);
    for (const [word, archive, why] of rowsOf(group))
      output.line(
        `  ${word.padEnd(6)}  ${printable(archive.path)}  ${formatBytes(archive.bytes)}${why && ` (${printable(why)})`}`,
      );
    output.record('purge_plan', {
      category: item.category,
      name: item.name,
      keep: keep.map(({ path }) => path),
      remove: remove.map(({ path }) => path),
      left: left.map(({ archive, why }) => ({ path: archive.path, why })),
    });
  }
  if (folders.length > 0) output.line();
  // What is in an empty folder goes with it.
  const tops = folders.filter((folder) => !folders.some((other) => folder.startsWith(`${other}/`)));
  for (const folder of tops) output.line(`empty   ${printable(folder)}/`);
}

function rowsOf({ keep, remove, left }: purge.PurgeGroup): [string, Archive, string][] {
  const rows: [string, Archive, string][] = [
    ...keep.map((archive): [string, Archive, string] => ['keep', archive, '']),
    ...left.map(({ archive, why }): [string, Archive, string] => ['leave', archive, why]),
    ...remove.map((archive): [string, Archive, string] => ['remove', archive, '']),
  ];
  const keyOf = ({ day, time, path }: Archive): string =>
    `${day === undefined ? '' : days.formatDay(day)}/${time}/${path}`;
  return rows.sort(([, a], [, b]) => (keyOf(a) < keyOf(b) ? 1 : -1));
}

function refusal({ refused }: purge.PurgeReport): AppError {
  const names = refused.map(({ item, why }) => `${item.category}/${item.name} (${why})`);
  return new AppError('refused', {
    detail: `nothing was removed of ${names.join(', ')}`,
    hint: 'Transfer once more, and see what is wrong with: holdfast shelf check --target',
  });
}
