/**
 * BIND. The agent runs `named -u USER`, and `start` waits for its monitor: the program host has to get 127.0.0.1 for localhost
 * from 127.0.0.1. Before each start it asks for a new rndc key where there is no /etc/rndc.key.
 */
import { NAMED_BLOCKS_DEEP_MAX, OPTION_FILES_DEEP_MAX } from '../../../base/cluster-limits.ts';
import { accountOf, programOf, readEnvironment, readIfThere, readNeeded, readScript } from './inquiry.ts';
import { type Found, type Inquiry, NOTHING, type SeenFile, type Sourced, type SourcedParams } from './model.ts';

const CONFIGS = ['/etc/named.conf', '/etc/bind/named.conf'];
const OWN = ['127.0.0.1', 'any', 'localhost', 'localnets', '127/8', '127.0.0.0/8'];

export async function readNamed(inquiry: Inquiry, script: string): Promise<Found> {
  const { files, doubts } = inquiry;
  const file = await readScript(inquiry, script);
  const named = await programOf(inquiry, ['/usr/sbin/named'], 'which the agent starts');
  await programOf(inquiry, ['/usr/bin/host'], 'with which the agent asks');
  await programOf(inquiry, ['/usr/sbin/rndc'], 'with which the agent stops it');
  const there: string[] = [];
  for (const path of CONFIGS) if (await files.isThere(path)) there.push(path);
  if (there.length !== 1)
    doubts.push(`${CONFIGS.join(' and ')}: ${there.length === 0 ? 'neither is' : 'both are'} there`);
  if (!(await files.isThere('/etc/rndc.key')))
    doubts.push(
      'there is no /etc/rndc.key: the agent then asks for a new key at every start (rndc-confgen -a), which with older versions takes the place of the one in use',
    );
  const config = there.length === 1 ? await readNeeded(inquiry, there[0]!) : undefined;
  if (file === undefined || named === undefined || config === undefined) return NOTHING;
  const set = await readEnvironment(inquiry, file, {
    take: ['OPTIONS', 'RESOLVCONF'],
    harmless: /^DISABLE_ZONE_CHECKING$/,
  });
  const resolvconf = set.get('RESOLVCONF');
  if (resolvconf !== undefined && resolvconf.value !== 'no')
    doubts.push(`${resolvconf.from}: the script makes it the resolver of the node, and the agent does not`);
  const options = optionsOf(inquiry, set.get('OPTIONS'));
  const literal = /\s-u\s+["']?([a-z_][\w-]*)/.exec(file.text)?.[1];
  const user = options['named_user'] ?? (literal && { value: literal, from: `${file.path}, -u` });
  if (!user) doubts.push(`neither ${file.path} nor its settings say as which user it runs`);
  else await accountOf(inquiry, user.value);
  const pidfile = await readConfig(inquiry, config);
  return {
    params: {
      named,
      named_config: { value: config.path, from: 'the only one' },
      ...options,
      ...(user ? { named_user: user } : {}),
      ...(pidfile === undefined ? {} : { named_pidfile: pidfile }),
    },
  };
}

/** `-u bind -4`; what has no parameter of the agent is a doubt. */
function optionsOf({ doubts }: Inquiry, given: Sourced | undefined): SourcedParams {
  const params: Record<string, Sourced> = {};
  const words = (given?.value ?? '').split(/\s+/).filter((word) => word !== '');
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    const user = word === '-u' ? words[++at] : /^-u(.+)/.exec(word)?.[1];
    if (user !== undefined) params['named_user'] = { value: user, from: given!.from };
    else if (word === '-4' || word === '-6') params['named_options'] = { value: word, from: given!.from };
    else doubts.push(`${given!.from} sets an option beside -u, -4 and -6`);
  }
  return params;
}

/** Gives the pid file that it sets, and doubts whether it answers on 127.0.0.1. */
async function readConfig(inquiry: Inquiry, config: SeenFile): Promise<Sourced | undefined> {
  const statements = await statementsOf(inquiry, config, 1);
  const { doubts } = inquiry;
  const options = statements.find(({ words }) => words[0] === 'options')?.block ?? [];
  const answers = (name: string): void => {
    const statement = options.find(({ words }) => words[0] === name);
    const among = statement?.block?.map(({ words }) => words.join(' ')) ?? OWN;
    if (!among.some((each) => OWN.includes(each)))
      doubts.push(`${statement!.from} (${name}) leaves out 127.0.0.1, where the agent asks`);
  };
  answers('listen-on');
  answers('allow-query');
  const view = statements.find(({ words }) => words[0] === 'view');
  if (view !== undefined) doubts.push(`${view.from}: it has views, and which one answers the agent is not known`);
  else if (!statements.some(({ words }) => words[0] === 'zone' && unquoted(words[1] ?? '') === 'localhost'))
    doubts.push(`${config.path} has no zone localhost, of which the agent asks`);
  const pid = options.find(({ words }) => words[0] === 'pid-file');
  return pid === undefined ? undefined : { value: unquoted(pid.words[1] ?? ''), from: pid.from };
}

interface Statement {
  words: readonly string[];
  from: string;
  block?: readonly Statement[];
}

/** Statements with their blocks, and those of included files in the place of the include. */
async function statementsOf(inquiry: Inquiry, file: SeenFile, deep: number): Promise<Statement[]> {
  if (deep > OPTION_FILES_DEEP_MAX) {
    inquiry.doubts.push(`${file.path} is included in a circle, or too deeply`);
    return [];
  }
  const tokens = tokensOf(file);
  if (isTooDeep(tokens)) {
    inquiry.doubts.push(`${file.path} has more blocks inside each other than any configuration of BIND`);
    return [];
  }
  let at = 0;
  function block(): Statement[] {
    const found: Statement[] = [];
    let open: { words: string[]; from: string; block?: readonly Statement[] } | undefined;
    while (at < tokens.length) {
      const { text, from } = tokens[at++]!;
      if (text === '}') break;
      if (text === ';') {
        if (open !== undefined) found.push(open);
        open = undefined;
      } else {
        open ??= { words: [], from };
        if (text === '{') open.block = block();
        else open.words.push(text);
      }
    }
    if (open !== undefined) inquiry.doubts.push(`${open.from}: a statement has no end`);
    return found;
  }
  return await withIncluded(inquiry, block(), deep);
}

function isTooDeep(tokens: readonly { text: string }[]): boolean {
  let deep = 0;
  return tokens.some(({ text }) => {
    if (text === '{') deep++;
    else if (text === '}') deep--;
    return deep > NAMED_BLOCKS_DEEP_MAX;
  });
}

async function withIncluded(inquiry: Inquiry, statements: readonly Statement[], deep: number): Promise<Statement[]> {
  const all: Statement[] = [];
  for (const { block, ...statement } of statements) {
    const [name, path] = statement.words;
    const isInclude = name === 'include' && path !== undefined;
    const file = isInclude ? await readIfThere(inquiry, unquoted(path)) : undefined;
    if (file !== undefined) all.push(...(await statementsOf(inquiry, file, deep + 1)));
    else if (isInclude) inquiry.doubts.push(`${statement.from} includes a file that is not there`);
    else all.push(block === undefined ? statement : { ...statement, block: await withIncluded(inquiry, block, deep) });
  }
  return all;
}

function tokensOf({ path, text }: SeenFile): { text: string; from: string }[] {
  const tokens: { text: string; from: string }[] = [];
  let line = 1;
  for (const [token] of text.matchAll(/\n|\/\*[\s\S]*?\*\/|\/\/[^\n]*|#[^\n]*|"(?:[^"\\]|\\.)*"|[{};]|[^\s{};"]+/g)) {
    const isComment = /^(?:\/\*|\/\/|#)/.test(token);
    if (token !== '\n' && !isComment) tokens.push({ text: token, from: `${path}:${line}` });
    line += token.split('\n').length - 1;
  }
  return tokens;
}

function unquoted(text: string): string {
  return /^"(.*)"$/s.exec(text)?.[1] ?? text;
}
