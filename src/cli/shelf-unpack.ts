import { tmpdir } from 'node:os';
import { AppError } from '../base/errors.ts';
import { listings, unpack } from '../shelf.ts';
import { endOf, newestOf, oneItem, type ShelfCall, tell, warn, warnOf } from './shelf-call.ts';
import { suggestion } from './suggest.ts';
import { counted, printable, textOfName } from './text.ts';
import { readSettingFile } from './text-file.ts';
import { formatTime } from './time.ts';

const TIME_LIMIT_S = 600;

/** Takes out members, or everything; again does nothing. */
export async function extractStep(call: ShelfCall): Promise<'incomplete' | undefined> {
  const { context, options, values, processes } = call;
  const { output, signal } = context;
  const { to, member: members } = values;
  const item = oneItem(call);
  if (to === undefined) throw new AppError('usage', { detail: 'extract is not told where to', hint: 'Give --to DIR.' });
  await using end = await call.open(endOf(call));
  const archive = newestOf(call, await listings.listShelf(end, options, signal), item);
  const { folder, skipped, isNew, ...result } = await unpack.extractArchive(end, {
    archive,
    to,
    members,
    processes,
    signal,
  });
  const what = counted(result.members.length, 'member');
  tell(
    call,
    isNew
      ? `Extracted ${what} of ${printable(archive.path)}.`
      : `Everything is there already: ${what} of ${printable(archive.path)}.`,
  );
  output.line(`See ${printable(folder)}`);
  for (const { name, link } of skipped)
    warnOf(call, `left out ${textOfName(name)}, a link that leaves the folder, to ${textOfName(link ?? '')}`);
  output.record('extracted', {
    path: archive.path,
    folder,
    members: result.members.length,
    skipped: skipped.length,
    new: isNew,
  });
  return skipped.length > 0 ? 'incomplete' : undefined;
}

/** Runs a query over a database inside an archive and prints a table. */
export async function examineStep(call: ShelfCall): Promise<undefined> {
  const { context, options, values, processes } = call;
  const { output, signal } = context;
  const item = oneItem(call);
  const query = await queryOf(call);
  await using end = await call.open(endOf(call));
  const archive = newestOf(call, await listings.listShelf(end, options, signal), item);
  const answer = await unpack.examineArchive(end, {
    archive,
    member: values.member[0] ?? query.member,
    sql: query.sql,
    to: values.to,
    scratch: tmpdir(),
    timeLimitMs: (values.timeLimit ?? TIME_LIMIT_S) * 1000,
    processes,
    signal,
  });
  showAnswer(call, answer, query.times);
  output.note(`${counted(answer.rows.length, 'row')} from ${printable(answer.member)} of ${printable(archive.path)}`);
  if (answer.isCut) warn(call, `there are more rows than the ${answer.rows.length} shown; add a LIMIT or a WHERE`);
}

async function queryOf({ values }: ShelfCall): Promise<Pick<unpack.NamedQuery, 'member' | 'sql' | 'times'>> {
  const { query, sql } = values;
  const names = Object.keys(unpack.QUERIES);
  if ((query === undefined) === (sql === undefined))
    throw new AppError('usage', {
      detail: 'examine takes one query',
      hint: `Give --query ${names.join(' or --query ')}, or your own with --sql.`,
    });
  if (sql !== undefined)
    return {
      member: '*.db',
      sql: sql.startsWith('@') ? await readSettingFile(sql.slice(1), { what: 'the query of', code: 'usage' }) : sql,
      times: [],
    };
  const named = Object.hasOwn(unpack.QUERIES, query!) ? unpack.QUERIES[query!] : undefined;
  if (named !== undefined) return named;
  throw new AppError('usage', {
    detail: `no query is named ${query}`,
    hint: suggestion(query!, names) ?? `There are ${names.join(', ')}.`,
  });
}

function showAnswer(
  { context: { output } }: ShelfCall,
  { columns, rows }: unpack.Answer,
  times: readonly string[],
): void {
  const isTime = columns.map((name) => times.includes(name));
  const cells = rows.map((row) => row.map((value, at) => cellOf(value, isTime[at]!)));
  output.table(
    columns.map((title, at) => ({
      title: printable(title),
      align: rows.length > 0 && !isTime[at] && rows.every((row) => typeof row[at] === 'number') ? 'right' : 'left',
    })),
    cells,
  );
  for (const row of rows) output.record('row', Object.fromEntries(columns.map((name, at) => [name, row[at] ?? null])));
}

function cellOf(value: string | number | null, isTime: boolean): string {
  if (value === null) return '';
  return isTime && typeof value === 'number' ? formatTime(value * 1000) : String(value);
}
