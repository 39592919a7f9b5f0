import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { XMLParser } from 'fast-xml-parser';
import { describePeer, requirePeer } from '../../../test/peers.ts';
import type { AgentMapping, StonithPlugin } from './model.ts';
import { STONITH_PLUGINS, stonithPlugin } from './plugins.ts';

const MAPPED = STONITH_PLUGINS.filter(({ fence }) => fence.kind === 'agent') as (StonithPlugin & {
  fence: AgentMapping;
})[];
/** Attributes that Pacemaker itself understands (pacemaker-fenced(7)). */
const OF_PACEMAKER = /^pcmk_(?:host_map|reboot_action|monitor_action|status_action)$/;
/** Scripts whose own description leaves out what they refuse to work without. */
const REQUIRED_BY_CODE: Record<string, string[]> = {
  'external/ipmi': ['hostname', 'ipaddr', 'userid', 'passwd'],
  'external/drac5': ['hostname', 'ipaddr', 'userid'],
};

function optionsOf(fence: AgentMapping): string[] {
  const words = Object.values(fence.words).flatMap((each) => Object.values(each).flatMap(Object.keys));
  return [...Object.values(fence.optionOf), ...Object.keys(fence.fixed), ...Object.keys(fence.asked), ...words];
}

describe('STONITH_PLUGINS', () => {
  it('has each once, by name', () => {
    const names = STONITH_PLUGINS.map(({ name }) => name);
    assert.equal(names.length, 36);
    assert.deepEqual(names, [...new Set(names)].toSorted());
    assert.equal(stonithPlugin('external/ipmi')!.params[3]!.isSecret, true);
    assert.equal(stonithPlugin('external/of-the-site'), undefined);
    assert.deepEqual(
      stonithPlugin('external/powerman')!.params.map(({ name }) => name),
      ['serverhost', 'poweroff'],
    );
  });

  it('knows every password and community for a secret, and no more', () => {
    for (const { name, params, namedParams } of STONITH_PLUGINS)
      for (const param of [...params, ...namedParams])
        assert.equal(param.isSecret, /^(?:.*_)?passw(?:or)?d$|^community$/.test(param.name), `${name} ${param.name}`);
  });

  it('leaves no parameter of a mapped plugin without a word on it', () => {
    for (const { name, params, namedParams, fence } of MAPPED) {
      const named = new Set(namedParams.map((param) => param.name));
      const said = [
        ...[fence.optionOf, fence.words, fence.dropped].flatMap(Object.keys),
        ...[fence.hosts?.param, fence.hosts?.plugParam, fence.uri].filter((each) => each !== undefined),
      ];
      const positional = said.filter((each) => !named.has(each));
      assert.deepEqual(positional.toSorted(), params.map((param) => param.name).toSorted(), name);
      assert.notEqual(fence.note, '', name);
      for (const secret of params.filter(({ isSecret }) => isSecret))
        assert.equal(secret.name in fence.words, false, name);
    }
  });

  it('is honest about the others', () => {
    const others = STONITH_PLUGINS.map(({ fence }) => fence).filter((fence) => fence.kind === 'none');
    assert.equal(others.length + MAPPED.length, STONITH_PLUGINS.length);
    assert.equal(others.length >= 10, true);
    for (const fence of others) assert.equal(fence.why.length > 20 && fence.instead.length > 20, true, fence.why);
  });
});

describe('docs/fencing.md', () => {
  it('says the same as the table', () => {
    const rows = readFileSync(new URL('../../../docs/fencing.md', import.meta.url), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    for (const { name, fence } of STONITH_PLUGINS) {
      const row = rows.find((line) => line.split('|')[1]!.trim() === `\`${name}\``);
      assert.notEqual(row, undefined, name);
      const told =
        fence.kind === 'agent'
          ? [`\`${fence.agent}\``, fence.note, ...Object.values(fence.asked)]
          : [fence.why, fence.instead];
      for (const text of told) assert.equal(row!.includes(text.replaceAll('|', '\\|')), true, `${name}: ${text}`);
    }
  });
});

describePeer('stonith(8)', ['stonith'], () => {
  const stonith = (...args: string[]): string =>
    execFileSync(requirePeer('stonith'), args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 10_000,
    });
  const list = () => stonith('-L').split('\n').filter(Boolean);

  it('lists the plugins of the table', () => {
    assert.deepEqual(
      STONITH_PLUGINS.map(({ name }) => name),
      list().toSorted(),
    );
  });

  it('wants the parameters of the table in that order', () => {
    for (const name of list()) {
      const theirs = stonith('-n', '-t', name).split(/\s+/).filter(Boolean);
      assert.deepEqual(
        stonithPlugin(name)!.params.map((param) => param.name),
        theirs,
        name,
      );
    }
  });

  it('describes the parameters as the table does', () => {
    for (const name of list()) {
      const { params, namedParams } = stonithPlugin(name)!;
      const text = stonith('-m', '-t', name);
      const theirs = [...text.matchAll(/<parameter name="([^"]+)"([^>]*)>/g)];
      assert.equal(theirs.length > 0 || params.length === 0, true, name);
      const known = new Set(params.map((param) => param.name));
      const extra = theirs.map((match) => match[1]!).filter((each) => !known.has(each));
      assert.deepEqual(namedParams.map((param) => param.name).toSorted(), extra.toSorted(), name);
      const required = theirs.filter((match) => match[2]!.includes('required="1"')).map((match) => match[1]!);
      const ours = [...params, ...namedParams].filter(({ isRequired }) => isRequired).map((param) => param.name);
      assert.deepEqual(ours.toSorted(), (REQUIRED_BY_CODE[name] ?? required).toSorted(), name);
    }
  });
});

describePeer('agents of fence-agents', ['fence_ipmilan'], () => {
  const parser = new XMLParser({
    ignoreAttributes: false,
    isArray: (name) => name === 'parameter' || name === 'option',
  });
  interface Parameter {
    '@_name': string;
    content?: { '@_type'?: string; option?: { '@_value': string }[] };
  }
  const agents = [...new Set([...MAPPED.map(({ fence }) => fence.agent), 'fence_powerman'])];
  const parametersOf = new Map(
    agents.map((agent) => {
      const text = execFileSync(`/usr/sbin/${agent}`, ['-o', 'metadata'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        timeout: 20_000,
      });
      const found = parser.parse(text)['resource-agent'].parameters.parameter as Parameter[];
      return [agent, new Map(found.map((parameter) => [parameter['@_name'], parameter]))];
    }),
  );

  it('have every option we map to', () => {
    for (const { name, fence } of MAPPED) {
      const options = optionsOf(fence).filter((option) => !OF_PACEMAKER.test(option));
      const known = parametersOf.get(fence.agent)!;
      assert.equal(known.size > 3, true, fence.agent);
      for (const option of options) assert.equal(known.has(option), true, `${name}: ${fence.agent} has no ${option}`);
    }
    for (const option of ['ip', 'ipport']) assert.equal(parametersOf.get('fence_powerman')!.has(option), true, option);
  });

  it('take every word we give them where they list what they take', () => {
    let compared = 0;
    for (const { name, fence } of MAPPED) {
      const given = [...Object.values(fence.words).flatMap(Object.values<Record<string, string>>), fence.fixed];
      for (const [option, value] of given.flatMap(Object.entries<string>)) {
        const choices = parametersOf
          .get(fence.agent)!
          .get(option)
          ?.content?.option?.map((each) => each['@_value']);
        if (choices === undefined) continue;
        assert.equal(choices.includes(value), true, `${name}: ${option}=${value} is none of ${choices}`);
        compared++;
      }
    }
    assert.equal(compared >= 8, true, `compared only ${compared}`);
  });
});
