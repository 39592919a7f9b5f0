import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { hasCode } from '../../base/errors.ts';
import { readFencingHistory } from './fencing-history.ts';

const fixture = (name: string): string =>
  readFileSync(new URL(`../../../test/fixtures/crm-mon/live/${name}`, import.meta.url), 'utf8');
const brief = (text: string): string[] =>
  readFencingHistory(text).map(
    ({ action, target, status, delegate, origin, client }) =>
      `${action} ${target} ${status} by ${delegate} for ${client}@${origin}`,
  );

describe('the history of fencing', () => {
  it('is read from the document, and from what people are told', () => {
    const [event] = readFencingHistory(fixture('fencing-history.xml'));
    assert.deepEqual([event!.target, event!.status, event!.completed?.text], ['n2', 'success', '2026-11-21 20:12:25Z']);
    const told = readFencingHistory(fixture('fencing-history.txt'));
    assert.equal(told.length, 10);
    assert.deepEqual(told[0], event);
    assert.equal(told.at(-1)!.status, 'failed');
    assert.equal(told.at(-1)!.completed!.ms, Date.UTC(2026, 10, 21, 20, 12, 15));
  });

  it('is read from the sentences of 1.1', () => {
    const text = `n1 was able to reboot node n2 on behalf of crmd.2211 from n1 at Mon Mar  2 16:30:11 2020

We were able to turn off node n2 on behalf of crmd.1 from n3 at Mon Mar  2 16:29:11 2020
n1 failed to turn on node n2 on behalf of stonith_admin.5 from n1 at Mon Mar  2 16:28:11 2020
crmd.7 at n1 wishes to reboot node n3 - 0 0
`;
    assert.deepEqual(brief(text), [
      'reboot n2 success by n1 for crmd.2211@n1',
      'off n2 success by undefined for crmd.1@n3',
      'on n2 failed by n1 for stonith_admin.5@n1',
      'reboot n3 pending by undefined for crmd.7@n1',
    ]);
    assert.deepEqual(readFencingHistory('0 events found\n'), []);
  });

  it('is nothing else', () => {
    const fails = (text: string, code: 'cluster-unclear' | 'cluster-down'): void =>
      assert.throws(
        () => readFencingHistory(text),
        (error) => hasCode(error, code),
      );
    fails('I do not know', 'cluster-unclear');
    fails('<crm_mon/>', 'cluster-unclear');
    fails(
      '<pacemaker-result api-version="2.25"><status code="102" message="Not connected"/></pacemaker-result>',
      'cluster-down',
    );
  });
});
