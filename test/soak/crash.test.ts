/**
 * Hundreds of kills. `HOLDFAST_CRASH_SEED` repeats a campaign that failed, `HOLDFAST_CRASH_ROUNDS` makes it shorter or
 * longer; each round is told on standard error.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { describePeer } from '../peers.ts';
import { runCampaign } from '../simulation/campaign.ts';

const SEED = Number(process.env['HOLDFAST_CRASH_SEED'] ?? Date.now() % 1_000_000);
const ROUNDS = Number(process.env['HOLDFAST_CRASH_ROUNDS'] ?? 400);

describePeer('the program killed at random moments', ['restic'], () => {
  it(`loses nothing in ${ROUNDS} rounds, seed ${SEED}`, async (t) => {
    const onRound = (line: string): void => void process.stderr.write(`${line}\n`);
    const result = await runCampaign({ seed: SEED, rounds: ROUNDS, onRound });
    t.diagnostic(JSON.stringify(result));
    assert.equal(result.rounds, ROUNDS);
    assert.ok(result.killed >= ROUNDS / 2, `only ${result.killed} rounds hit the program at work`);
  });
});
