import { formatBytes } from '../base/bytes.ts';
import { AppError } from '../base/errors.ts';
import { check, days, listings } from '../shelf.ts';
import type { Output } from './output.ts';
import { chosenShelf, dayOf, endOf, NO_LOG, type ShelfCall, todayOf } from './shelf-call.ts';
import { archiveFields, strayText } from './shelf-ls.ts';
import { counted, printable } from './text.ts';

type Log = ShelfCall['log'];

const WORDS = { finished: 'fine', unfinished: 'UNFINISHED', damaged: 'DAMAGED', small: 'SMALL' } as const;

/** Reads every archive and compares it with its sidecars. @throws {AppError} `archive-damaged`, `failed` when something is wrong */
export async function checkStep(call: ShelfCall): Promise<undefined> {
  const { context } = call;
  const { output, signal } = context;
  const shelf = chosenShelf(call);
  await using end = await call.open(endOf(call));
  const listing = await listings.listShelf(end, shelf, signal);
  const day = dayOf(call);
  const strays = call.values.item === undefined ? listing.strays : [];
  const wanted = listing.archives.filter((archive) => day === undefined || days.isSameDay(archive.day, day));
  const bytesTotal = wanted.reduce((sum, { bytes }) => sum + bytes, 0);
  using progress = output.progress();
  let filesDone = 0;
  const report = await check.checkShelf(end, {
    listing: { ...listing, strays },
    shelf,
    today: todayOf(call),
    day,
    signal,
    onArchive: (checked) => {
      filesDone++;
      showChecked(output, checked, call.log);
    },
    onBytes: (bytesDone) => progress.update({ filesDone, filesTotal: wanted.length, bytesDone, bytesTotal }),
  });
  progress.end();
  showReport(output, report, { where: `shelf ${call.name} at ${printable(end.address)}`, log: call.log });
}

export function showChecked(output: Output, checked: check.CheckedArchive, log: Log = NO_LOG): void {
  const { archive, state, why, added } = checked;
  const text = `${printable(archive.path)}${why && `: ${printable(why)}`}`;
  if (state === 'finished') output.detail(`${WORDS[state].padEnd(10)}  ${text}`);
  else showBad(output, log, [WORDS[state], text]);
  output.record('checked', { ...archiveFields(archive), state, why: why || null, added: added ?? null });
}

interface Shown {
  where: string;
  log?: Log;
}

/** @throws {AppError} when the report is not fine */
export function showReport(output: Output, report: check.CheckReport, { where, log = NO_LOG }: Shown): void {
  const { archives, items, strays, bytes, isFine } = report;
  for (const item of items) showItem(output, item, log);
  for (const stray of strays) showBad(output, log, ['STRAY', strayText(stray)]);
  const fine = archives.filter(({ state }) => state === 'finished');
  const added = archives.filter((each) => each.added === 'sha256').length;
  const summary = `Checked ${where}: ${counted(fine.length, 'archive')} with ${formatBytes(bytes)} read back and right.`;
  output.line(summary);
  log.line('info', summary);
  if (added > 0) output.note(`Wrote .sha256 for ${counted(added, 'archive')} that had none.`);
  if (archives.some((each) => each.added === 'denied'))
    output.note('No right to write .sha256 here; .dna was compared.');
  if (!isFine) throw failure(report, where);
}

/** @param said a word, and of what */
function showBad(output: Output, log: Log, said: [word: string, text: string]): void {
  output.line(output.paint('red', `${said[0].padEnd(10)}  ${said[1]}`));
  log.problem(said.join(' '));
}

function showItem(output: Output, { item, missing, due, isEmpty }: check.CheckedItem, log: Log): void {
  const { category, name } = item;
  const bad = (text: string): void => showBad(output, log, ['MISSING', `${category}/${name}${text}`]);
  if (isEmpty && item.perDay > 0) bad(': there is no archive that is fine');
  for (const [found, counts] of Map.groupBy(missing, ({ found: own }) => own)) {
    for (const range of days.rangesOf(counts.map(({ day }) => day))) {
      bad(` ${days.formatRange(range)}: ${found} of ${item.perDay}`);
      const [from, to] = [range.from, range.to].map(days.formatDay);
      output.record('missing', { category, name, from, to, found, expected: item.perDay });
    }
  }
  if (due !== undefined) output.line(`${'due'.padEnd(10)}  ${category}/${name} today: ${due.found} of ${due.expected}`);
}

function failure({ archives, items, strays }: check.CheckReport, where: string): AppError {
  const count = (state: check.CheckedArchive['state']): number =>
    archives.filter((each) => each.state === state).length;
  const damaged = count('damaged');
  const short = items.reduce((sum, { missing }) => sum + missing.length, 0);
  const empty = items.filter(({ isEmpty, item }) => isEmpty && item.perDay > 0).length;
  const parts = [
    ...(damaged > 0 ? [`${damaged} damaged`] : []),
    ...(count('unfinished') > 0 ? [`${count('unfinished')} unfinished`] : []),
    ...(count('small') > 0 ? [`${count('small')} too small`] : []),
    ...(short > 0 ? [`${counted(short, 'day')} short of archives`] : []),
    ...(empty > 0 ? [`${counted(empty, 'item')} without any`] : []),
    ...(strays.length > 0 ? [`${counted(strays.length, 'stray file')}`] : []),
  ];
  return new AppError(damaged > 0 ? 'archive-damaged' : 'failed', {
    detail: `${where}: ${parts.join(', ')}`,
    ...(damaged > 0 ? {} : { hint: 'See the lines above.' }),
  });
}
