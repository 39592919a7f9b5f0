import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { readCrmMon } from '../pacemaker/crm-mon.ts';
import type { ClusterState } from '../state.ts';
import { compareStates } from './compare.ts';

function stateOf(name: string, from: string): ClusterState {
  const text = readFileSync(new URL(`../../../test/fixtures/crm-mon/${name}`, import.meta.url), 'utf8');
  const rest = {
    atMs: 0,
    from,
    node: undefined,
    kind: 'pacemaker',
    pings: [],
    links: [],
    moves: [],
    filesystems: [],
    gaps: [],
  } as const;
  return { ...readCrmMon(text), ...rest };
}

describe('answers of several nodes', () => {
  it('agree', () => {
    assert.deepEqual(compareStates([]), []);
    assert.deepEqual(compareStates([stateOf('live/healthy.xml', 'n1')]), []);
    assert.deepEqual(compareStates([stateOf('live/healthy.xml', 'n1'), stateOf('live/healthy.xml', 'n2')]), []);
  });

  it('of the two halves of a real split differ in DC and members, with both views', () => {
    assert.deepEqual(compareStates([stateOf('live/split-n1.xml', 'n1'), stateOf('live/split-n2.xml', 'n2')]), [
      {
        about: 'DC',
        views: [
          { from: ['n1'], says: 'n1' },
          { from: ['n2'], says: 'n2' },
        ],
      },
      {
        about: 'node n1',
        views: [
          { from: ['n1'], says: 'online' },
          { from: ['n2'], says: 'offline, unclean' },
        ],
      },
      {
        about: 'node n2',
        views: [
          { from: ['n1'], says: 'offline, unclean' },
          { from: ['n2'], says: 'online' },
        ],
      },
    ]);
  });

  it('differ in where something runs only where they agree on who is there', () => {
    const before = stateOf('live/healthy.xml', 'n1');
    const after = { ...stateOf('live/moved.xml', 'n2'), dc: before.dc };
    assert.deepEqual(
      compareStates([before, before, after]).map(
        ({ about, views }) => `${about}: ${views.map(({ from, says }) => `${from}=${says}`)}`,
      ),
      ['resource ost0: n1,n1=on n2,n2=on n1', 'resource dummy1: n1,n1=on n2,n2=on n1'],
    );
    assert.deepEqual(
      compareStates([before, { ...after, hasQuorum: false }]).map(({ about }) => about),
      ['quorum'],
    );
  });
});
