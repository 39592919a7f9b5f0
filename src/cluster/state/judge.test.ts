/** What is judged of real answers of Pacemaker 2.1.5, one folder each. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { readConfiguration } from '../pacemaker/configuration.ts';
import { readCrmMon } from '../pacemaker/crm-mon.ts';
import type { ClusterState, FencingEvent } from '../state.ts';
import { judgeState } from './judge.ts';

const FOLDER = new URL('../../../test/fixtures/crm-mon/', import.meta.url);
const textOf = (name: string): string => readFileSync(new URL(name, FOLDER), 'utf8');

function stateOf(name: string, change: Partial<ClusterState> = {}): ClusterState {
  const part = readCrmMon(textOf(`2.1.5/${name}/crm-mon.xml`));
  const configuration = readConfiguration(textOf(`2.1.5/${name}/configuration.xml`));
  const rest = {
    atMs: 0,
    from: 'n1',
    node: undefined,
    kind: 'pacemaker',
    pings: [],
    links: [],
    fencing: [],
    gaps: [],
  } as const;
  return { ...part, ...configuration, ...rest, ...change };
}

const remarksOf = (state: ClusterState): string[] =>
  judgeState(state).map(({ level, code, subject, text }) => `${level} ${code} ${subject}: ${text}`);

describe('a cluster is judged', () => {
  const names = readdirSync(new URL('2.1.5/', FOLDER));
  assert.ok(names.length >= 25);
  for (const name of names) {
    it(`when ${name}`, () => {
      assert.deepEqual(remarksOf(stateOf(name)), JSON.parse(textOf(`2.1.5/${name}/remarks.json`)));
    });
  }

  it('by the last fencing of each node only', () => {
    const event = (target: string, status: FencingEvent['status']): FencingEvent => ({
      target,
      action: 'off',
      status,
      delegate: 'n1',
      client: 'c',
      origin: 'n1',
      reason: status === 'failed' ? 'no answer' : '',
      completed: undefined,
    });
    const fencing = [event('n2', 'success'), event('n1', 'failed'), event('n2', 'failed'), event('n1', 'success')];
    assert.deepEqual(remarksOf(stateOf('healthy', { fencing })), [
      'error fencing-failed n1: off by n1 failed last: no answer',
    ]);
    assert.deepEqual(remarksOf(stateOf('healthy', { fencing: [event('n2', 'pending')] })), [
      'error fencing-pending n2: off is under way',
    ]);
  });

  it('by what was not told, which is never taken for well', () => {
    const { options } = stateOf('healthy');
    const unknown = stateOf('healthy', { hasQuorum: undefined, options: { ...options, fencesNodes: undefined } });
    assert.deepEqual(
      judgeState(unknown).map(({ level, code }) => `${level} ${code}`),
      ['error quorum-unknown', 'error fencing-unknown'],
    );
    const gaps = [{ what: 'fencing history', why: 'command-timeout' }];
    assert.deepEqual(remarksOf(stateOf('healthy', { gaps, fencing: undefined })), [
      'warning not-read fencing history: not read: command-timeout',
    ]);
  });

  it('by a migration as a move, not as a double', () => {
    const { resources } = stateOf('active-twice');
    const moving = resources.map((each) =>
      each.kind === 'primitive' && each.id === 'mdt0' ? { ...each, pending: 'Migrating' } : each,
    );
    assert.deepEqual(remarksOf(stateOf('active-twice', { resources: moving })), [
      'error changing mdt0: is migrating',
      'warning active-twice mdt0: is being moved between n1 and n2',
    ]);
  });

  it('without taking a fence device on both sides of a split for a double', () => {
    const part = readCrmMon(textOf('live/split-n1.xml'));
    const codes = judgeState({ ...stateOf('healthy'), ...part }).map(({ code, subject }) => `${code} ${subject}`);
    assert.ok(codes.includes('node-unclean n2'));
    assert.ok(!codes.some((code) => code.startsWith('active-twice')), codes.join());
  });
});
