/** Entries as text, and changes of a file that leave all else as it stood. */
import { AppError } from '../../base/errors.ts';
import type { PowermanEntry, PowermanFile, PowermanItem, Specification, Statement } from './model.ts';
import { formatPowerman, parsePowerman } from './parse.ts';
import { quoted } from './tokens.ts';

/**
 * Without a line ending behind it. powermand reads it as the same.
 * @throws {AppError} `config` for an include whose path powermand cannot read
 */
export function formatEntry(entry: PowermanEntry): string {
  switch (entry.kind) {
    case 'include':
      return formatInclude(entry.path);
    case 'listen':
      return `listen ${quoted(entry.address)}`;
    case 'tcpwrappers':
      return `tcpwrappers ${entry.isOn ? 'yes' : 'no'}`;
    case 'plug_log_level':
      return `plug_log_level ${quoted(entry.level)}`;
    case 'device':
      return words('device', [entry.name, entry.specification, entry.address, entry.flags]);
    case 'node':
      return words('node', [entry.nodes, entry.device, entry.plugs]);
    case 'alias':
      return words('alias', [entry.name, entry.hosts]);
    case 'specification':
      return formatSpecification(entry);
  }
}

/** With `entry` in the place of an item, which has to be of this file. */
export function replaceItem(file: PowermanFile, item: PowermanItem, entry: PowermanEntry): PowermanFile {
  const text = formatPowerman(file);
  return parsePowerman(file.file, `${text.slice(0, item.start)}${formatEntry(entry)}${text.slice(item.end)}`);
}

/** Behind all that is there. */
export function addEntry(file: PowermanFile, entry: PowermanEntry): PowermanFile {
  const text = formatPowerman(file);
  const before = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return parsePowerman(file.file, `${before}${formatEntry(entry)}\n`);
}

/** Without an item, nor its line if nothing else stands there; a comment beside it stays. */
export function removeItem(file: PowermanFile, item: PowermanItem): PowermanFile {
  const text = formatPowerman(file);
  const before = text.slice(0, item.start);
  const after = text.slice(item.end);
  const start = /(?:^|\n)[ \t]*$/.test(before) ? before.replace(/[ \t]+$/, '') : before;
  const isAlone = start === '' || start.endsWith('\n');
  return parsePowerman(file.file, start + (isAlone ? after.replace(/^[ \t\r]*(?:\n|(?=#)|$)/, '') : after));
}

function formatInclude(path: string): string {
  if (path !== '' && !/[\s"]/.test(path)) return `include "${path}"`;
  const detail = `PowerMan cannot include ${JSON.stringify(path)}`;
  throw new AppError('config', { detail, hint: 'Give the file a name without blanks and quotes.' });
}

function words(name: string, strings: readonly (string | undefined)[]): string {
  return [name, ...strings.filter((each) => each !== undefined).map(quoted)].join(' ');
}

function formatSpecification(entry: Specification): string {
  const lines = [`specification ${quoted(entry.name)} {`];
  if (entry.timeoutMs !== undefined) lines.push(`\ttimeout ${seconds(entry.timeoutMs)}`);
  if (entry.pingPeriodMs !== undefined) lines.push(`\tpingperiod ${seconds(entry.pingPeriodMs)}`);
  if (entry.plugs !== undefined) lines.push(`\tplug name { ${entry.plugs.map(quoted).join(' ')} }`);
  for (const script of entry.scripts)
    lines.push(`\tscript ${script.name} {`, ...formatStatements(script.statements, '\t\t'), '\t}');
  return [...lines, '}'].join('\n');
}

function formatStatements(statements: readonly Statement[], indent: string): string[] {
  return statements.flatMap((statement) => {
    if ('body' in statement)
      return [`${indent}${statement.kind} {`, ...formatStatements(statement.body, `${indent}\t`), `${indent}}`];
    return [`${indent}${formatStatement(statement)}`];
  });
}

function formatStatement(statement: Exclude<Statement, { body: unknown }>): string {
  switch (statement.kind) {
    case 'send':
      return `send ${quoted(statement.text)}`;
    case 'expect':
      return `expect ${quoted(statement.pattern)}`;
    case 'delay':
      return `delay ${seconds(statement.delayMs)}`;
    case 'setplugstate':
      return [
        'setplugstate',
        ...(statement.plug === undefined ? [] : [formatPlug(statement.plug)]),
        `$${statement.state}`,
        ...statement.states.map(({ state, pattern }) => `${state}=${quoted(pattern)}`),
      ].join(' ');
    case 'setresult':
      return [
        `setresult $${statement.plug} $${statement.result}`,
        ...statement.success.map((pattern) => `success=${quoted(pattern)}`),
      ].join(' ');
  }
}

function formatPlug(plug: string | number): string {
  return typeof plug === 'number' ? `$${plug}` : quoted(plug);
}

function seconds(timeMs: number): string {
  return String(timeMs / 1000);
}
