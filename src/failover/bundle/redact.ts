/** Takes secrets out of texts: by where they stand, and then by their value wherever else it turns up. */
import { hasCode } from '../../base/errors.ts';
import { cib, heartbeat, hideSecrets, stonith } from '../../cluster.ts';
import type { BundleFile } from './gather.ts';

export const REMOVED = '(removed)';
/** A shorter value is found in too many words that are none. */
const VALUE_LENGTH_MIN = 4;
/** As logs show changes of a CIB: values that are secret no more, but may be in use elsewhere. */
const PAIR = /(<nvpair\b[^<>]*\bname="([^"]*)"[^<>]*\bvalue=")[^"]*(?=")/g;
const CHANGE = /(nvpair\[@id='([^']*)'\]:[ \t]+@value=)[^\n]*/g;
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;
/** In old corosync.conf. */
const KEY_LINE = /^([ \t]*key[ \t]*:[ \t]*)\S.*$/gm;

export type Redacted = { text: string } | { leftOut: string };

/** Values that are secret, from every file that tells which are. Longer ones first, as one may hold another. */
export function secretValues(files: readonly BundleFile[]): string[] {
  const found = files.flatMap((file) => {
    if (file.redaction === 'cib') return [...secretPairs(file)].map((pair) => pair.attributes.get('value') ?? '');
    if (file.redaction === 'authkeys') return keysIn(file.text);
    return file.redaction === 'ha.cf' ? stonithSecrets(file) : [];
  });
  const values = [...new Set(found)].filter((value) => value.length >= VALUE_LENGTH_MIN);
  return values.toSorted((a, b) => b.length - a.length);
}

/** @param values of `secretValues` over the files of all nodes: one node logs what another is configured with */
export function redact(file: BundleFile, values: readonly string[]): Redacted {
  const own = ownRedaction(file);
  if (own === undefined) return { leftOut: 'it cannot be read as XML, so nobody knows where its passwords are' };
  const known = values.reduce((text, value) => {
    const spelled = [value, escaped(value)];
    return spelled.reduce((told, each) => told.replaceAll(each, REMOVED), text);
  }, own);
  if (file.redaction === 'cib') return { text: known };
  const hide = (all: string, before: string, name: string): string =>
    cib.isSecretName(name) ? `${before}${REMOVED}` : all;
  const text = known.replace(PRIVATE_KEY, REMOVED).replace(KEY_LINE, `$1${REMOVED}`).replace(PAIR, hide);
  return { text: hideSecrets(text.replace(CHANGE, hide), REMOVED) };
}

function ownRedaction(file: BundleFile): string | undefined {
  switch (file.redaction) {
    case 'cib':
      return redactCib(file);
    case 'authkeys':
      return file.text.split('\n').map(redactKeys).join('\n');
    case 'ha.cf':
      return redactHaCf(file);
    case 'powerman':
      // Arguments of programs and what is sent to a device: both log in with it.
      return file.text
        .replace(/"([^"\s]+)[ \t][^"\n]*(\|&[ \t]*")/g, `"$1 ${REMOVED} $2`)
        .replace(/(\bsend[ \t]+")(?:[^"\\]|\\.)*(")/g, `$1${REMOVED}$2`);
    case 'plain':
      return file.text;
  }
}

/** What was cut has lost its beginning and is no document. */
function documentOf(file: BundleFile): cib.XmlDocument | undefined {
  const begin = file.text.indexOf('<');
  if (file.isCut || begin < 0) return undefined;
  try {
    return cib.parseXml(file.text.slice(begin), file.name);
  } catch (error) {
    if (!hasCode(error, 'config')) throw error;
    return undefined;
  }
}

function redactCib(file: BundleFile): string | undefined {
  const document = documentOf(file);
  if (document === undefined) return /<\w/.test(file.text) ? undefined : file.text;
  for (const pair of pairsOf(document)) pair.attributes.set('value', REMOVED);
  return cib.formatXml(document);
}

function secretPairs(file: BundleFile): readonly cib.XmlElement[] {
  const document = documentOf(file);
  return document === undefined ? [] : pairsOf(document);
}

/** Anywhere, in status and in patches too; an agent that logs its parameters in history puts them in attributes. */
function pairsOf(document: cib.XmlDocument): cib.XmlElement[] {
  const all = [...cib.everyElement(cib.rootOf(document))];
  return all.filter(({ name, attributes }) => {
    return name === 'nvpair' && attributes.has('value') && cib.isSecretName(attributes.get('name') ?? '');
  });
}

/** What stands in authkeys and is no key: `auth`, numbers, methods. Where a method was forgotten, the key is in its place. */
const NO_KEY = /^(?:auth\d*|[-+]?\d{1,2}(?:crc|md5|sha1)?|crc|md5|sha1|#+)$/;

function redactKeys(line: string): string {
  const words = line.trim().split(/\s+/);
  const isComment = words[0]?.startsWith('#') === true;
  const at = isComment ? 1 : words.findIndex((word) => !NO_KEY.test(word));
  if (at < 0 || line.trim() === '') return line;
  return [...(isComment ? ['#'] : words.slice(0, at)), REMOVED].join(' ');
}

/** Prose of a comment is no key, or its words would be taken out of every log. */
function keysIn(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const words = line
      .replace(/^\s*#+/, '')
      .trim()
      .split(/\s+/);
    const keys = words.filter((word) => word !== '' && !NO_KEY.test(word));
    const isProse = /^\s*#/.test(line) && !/^\d+$/.test(words[0] ?? '') && words.length > 1;
    return isProse ? [] : keys;
  });
}

function stonithSecrets(file: BundleFile): string[] {
  return stonithLines(file).flatMap(({ secrets }) => [...secrets]);
}

/** Parameters of STONITH stand by position; of a plugin that is not known, each may be a password. */
function stonithLines({ text, name }: BundleFile): { line: number; secrets: readonly string[] }[] {
  const { stonith: lines } = heartbeat.settingsOf(heartbeat.parseHaCf(text, name));
  return lines.map(({ plugin, params, place }) => {
    const known = stonith.stonithPlugin(plugin);
    const isSecret = (at: number): boolean => known?.params[at]?.isSecret ?? true;
    return { line: place.line, secrets: params.filter((_, at) => isSecret(at)) };
  });
}

function redactHaCf(file: BundleFile): string {
  const lines = file.text.split('\n');
  for (const { line, secrets } of stonithLines(file))
    for (const secret of secrets) lines[line - 1] = lines[line - 1]?.split(` ${secret}`).join(` ${REMOVED}`) ?? '';
  // Any variable may be one. Comments may hold old ones.
  const old = /^([ \t]*#[ \t]*stonith(?:_host)?[ \t]+\S+[ \t]+\S+)[ \t].*$/gm;
  const variable = /^([ \t#]*env[ \t]+.*)$/gm;
  const hidden = (line: string): string => line.replace(/=[^\s,]*/g, `=${REMOVED}`);
  return lines.join('\n').replace(old, `$1 ${REMOVED}`).replace(variable, hidden);
}

function escaped(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
