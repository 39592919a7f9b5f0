import { formatBytes } from '../base/bytes.ts';
import { type Archive, days, listings, type SeenItem, surveyShelf } from '../shelf.ts';
import type { Output } from './output.ts';
import { chosenShelf, dayOf, endOf, type ShelfCall, todayOf } from './shelf-call.ts';
import { counted, printable } from './text.ts';

const STATES = { finished: '', unfinished: 'UNFINISHED', damaged: 'DAMAGED', small: 'SMALL' } as const;
const STRAYS = {
  partial: 'still arriving, or left so',
  sidecar: 'sidecar without archive',
  misdated: 'not of the weekday in its name',
  unknown: 'of no item',
} as const;

/** Lists what is there, by name and size; nothing is read back. */
export async function listStep(call: ShelfCall): Promise<undefined> {
  const shelf = chosenShelf(call);
  await using end = await call.open(endOf(call));
  const listing = await listings.listShelf(end, shelf, call.context.signal);
  const day = dayOf(call);
  const archives = listing.archives.filter((archive) => day === undefined || days.isSameDay(archive.day, day));
  const { output } = call.context;
  output.note(`Shelf ${call.name} at ${printable(end.address)}`);
  for (const seen of surveyShelf({ ...listing, archives }, shelf, todayOf(call)))
    showItem(output, seen, day === undefined);
  if (call.values.item === undefined) showStrays(output, listing.strays);
}

/** @param withGaps days are missing only where all of them are looked at */
export function showItem(output: Output, seen: SeenItem, withGaps: boolean): void {
  const { item, archives, bytes, missing, due, isEmpty } = seen;
  const title = `${item.category}/${item.name}`;
  output.line();
  output.line(
    isEmpty && archives.length === 0
      ? `${title}: nothing`
      : `${title}: ${counted(archives.length, 'archive')}, ${formatBytes(bytes)}`,
  );
  if (archives.length > 0)
    output.table(
      [
        { title: 'Day' },
        { title: 'Time' },
        { title: 'Size', align: 'right' },
        { title: 'File' },
        { title: 'Remark', flexible: 'start' },
      ],
      archives.map(({ archive, state, why, isLocked }) => [
        archive.day === undefined ? '' : days.formatDay(archive.day),
        clockOf(archive),
        formatBytes(archive.bytes),
        archive.file,
        [...(STATES[state] === '' ? [] : [`${STATES[state]}: ${why}`]), ...(isLocked ? ['locked'] : [])].join(', '),
      ]),
    );
  if (withGaps && missing.length > 0) output.line(`Missing: ${days.formatDays(missing.map(({ day }) => day))}`);
  if (withGaps && due !== undefined) output.line(`Due today: ${due.expected - due.found} of ${due.expected}`);
  for (const { archive, state, why, isLocked } of archives)
    output.record('archive', { ...archiveFields(archive), state, why: why || null, locked: isLocked });
  output.record('item', {
    category: item.category,
    name: item.name,
    archives: archives.length,
    bytes,
    missing: withGaps
      ? days
          .rangesOf(missing.map(({ day }) => day))
          .map(({ from, to }) => ({ from: days.formatDay(from), to: days.formatDay(to) }))
      : null,
    due_today: withGaps ? (due?.expected ?? 0) - (due?.found ?? 0) : null,
  });
}

export function showStrays(output: Output, strays: readonly listings.Stray[]): void {
  if (strays.length === 0) return;
  output.line();
  output.line('Other files:');
  for (const { path, bytes, kind } of strays) {
    output.line(`  ${printable(path)}  ${formatBytes(bytes)}, ${STRAYS[kind]}`);
    output.record('stray', { path, bytes, kind });
  }
}

export function strayText({ path, kind }: listings.Stray): string {
  return `${printable(path)}: ${STRAYS[kind]}`;
}

export function archiveFields({ path, category, name, file, day, time, bytes, modifiedMs, sidecars }: Archive) {
  return {
    path,
    category,
    name,
    file,
    day: day === undefined ? null : days.formatDay(day),
    time: time || null,
    bytes,
    modified: new Date(modifiedMs).toISOString(),
    md5: sidecars.dna?.md5 ?? null,
    sha256: sidecars.sha256 ?? null,
  };
}

/** `104702` → `10:47:02` */
function clockOf({ time }: Archive): string {
  return time.replace(/^(..)(..)(..)$/, '$1:$2:$3');
}
