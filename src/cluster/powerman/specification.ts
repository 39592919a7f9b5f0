/** A `specification` block (powerman.dev(5)). */
import type { Script, Specification, Token } from './model.ts';
import { beginsEntry, type Reader } from './reader.ts';
import { readScript, tellUnknown } from './script.ts';
import { unquoted } from './tokens.ts';

const SETTINGS = ['timeout', 'pingperiod', 'plug name', 'script'];

interface Draft {
  timeoutMs: number | undefined;
  pingPeriodMs: number | undefined;
  plugs: string[] | undefined;
  scripts: Script[];
}

/** After the word itself. What is wrong inside is told, and the rest read all the same. */
export function readSpecification(reader: Reader): Specification | undefined {
  const name = reader.take('string', 'the name of the specification in quotes');
  const open = name && reader.take('open', '{');
  if (open === undefined) return undefined;
  const draft: Draft = { timeoutMs: undefined, pingPeriodMs: undefined, plugs: undefined, scripts: [] };
  let count = 0;
  for (let token = reader.peek(); token?.kind !== 'close'; token = reader.peek(), count++) {
    if (token === undefined) {
      reader.tell(open, 'this { is never closed', 'close it with }');
      return undefined;
    }
    if (!readSetting(reader, token, draft) && !skipToSetting(reader, token)) return undefined;
  }
  const close = reader.next();
  if (count === 0) reader.tell(close, 'the specification is empty', 'give it scripts');
  return { kind: 'specification', name: unquoted(name!.text), ...draft };
}

function readSetting(reader: Reader, token: Token, draft: Draft): boolean {
  const word = token.kind === 'word' ? token.text.replace(/[ \t]+/, ' ') : '';
  if (!SETTINGS.includes(word)) {
    if (token.kind !== 'wrong') tellUnknown(reader, { token, what: 'setting of a specification', known: SETTINGS });
    return false;
  }
  reader.next();
  if (word === 'script') return keepScript(reader, token, draft);
  if (word === 'plug name') return readPlugs(reader, token, draft);
  const timeMs = reader.takeSeconds();
  if (timeMs === undefined) return false;
  draft[word === 'timeout' ? 'timeoutMs' : 'pingPeriodMs'] = timeMs;
  return true;
}

function keepScript(reader: Reader, token: Token, draft: Draft): boolean {
  const script = readScript(reader);
  if (script === undefined) return false;
  if (draft.scripts.some(({ name }) => name === script.name))
    reader.tell(token, `script ${script.name} is there twice`, 'take one out: powermand refuses the file');
  draft.scripts.push(script);
  return true;
}

function readPlugs(reader: Reader, token: Token, draft: Draft): boolean {
  if (reader.take('open', '{') === undefined) return false;
  if (draft.plugs !== undefined) reader.tell(token, 'the plugs are named twice', 'name them once');
  const plugs: string[] = [];
  while (plugs.length === 0 || reader.peek()?.kind !== 'close') {
    const plug = reader.take('string', 'the name of a plug in quotes');
    if (plug === undefined) break;
    plugs.push(unquoted(plug.text));
  }
  for (
    let next = reader.peek();
    next !== undefined && next.kind !== 'close' && !beginsEntry(next);
    next = reader.peek()
  )
    reader.next();
  if (reader.peek()?.kind === 'close') reader.next();
  draft.plugs = plugs;
  return true;
}

/** Up to the next setting or the end of the block. @returns false where the specification cannot be read on */
function skipToSetting(reader: Reader, failed: Token): boolean {
  let depth = 0;
  for (let token = reader.peek(); token !== undefined; token = reader.peek()) {
    const isSetting = token.kind === 'word' && SETTINGS.includes(token.text.replace(/[ \t]+/, ' '));
    if (token !== failed && isSetting) return true;
    if (depth === 0 && token.kind === 'close') return true;
    if (beginsEntry(token)) return false;
    if (token.kind === 'open') depth++;
    if (token.kind === 'close') depth--;
    reader.next();
  }
  return false;
}
