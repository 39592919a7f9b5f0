/** A short campaign of kills; the long one is test/soak/crash.test.ts. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { describePeer } from '../peers.ts';
import { runCampaign } from './campaign.ts';

const ROUNDS = 20;

describePeer('the program killed at random moments', ['restic'], () => {
  it(`loses nothing in ${ROUNDS} rounds`, async (t) => {
    const result = await runCampaign({ seed: 1, rounds: ROUNDS });
    t.diagnostic(JSON.stringify(result));
    assert.equal(result.rounds, ROUNDS);
    assert.ok(result.killed >= ROUNDS / 2, `only ${result.killed} rounds hit the program at work`);
  });
});
