/** A pair of Heartbeat and what `ha import` made of it, when paths are lost: the same places, or a difference that was told of. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { describePeer } from '../peers.ts';
import { placesOf } from './bed.ts';
import { comesToRest, HOME, restore, TWIN_PEERS, type Twin, useTwins, writeData } from './twins.ts';
import { until } from './wait.ts';

describePeer('an imported pair beside the old one, paths', TWIN_PEERS, () => {
  const opened = useTwins();

  it('goes on in the same way when one of two links is cut', async () => {
    const twins = opened();
    await twins.each(async (twin) => {
      await writeData(twin);
      await twin.lab.cutLinks('h2', [0]);
      // Twice what it takes to give a node up.
      await wait(5000);
      await comesToRest(twin, HOME, 0);
      for (const host of ['h1', 'h2']) assert.deepEqual(orders(twin, host), [], `${twin.name} fences nobody`);
      await twin.lab.healLinks('h2');
    });
    await restore(twins);
  });

  it('loses a disk: Heartbeat does not notice, Pacemaker moves the group, as the report says', async (t) => {
    const twins = opened();
    const { heartbeat, pacemaker, differences } = twins.expected('start:fs-object1');
    assert.deepEqual(heartbeat, HOME);
    assert.deepEqual(pacemaker, { object0: ['h1'], object1: ['h1'] });
    assert.match(differences.join(), /^Heartbeat does not notice that it is dead; Pacemaker moves it/);
    const lost = async (twin: Twin): Promise<void> => {
      await writeData(twin);
      twin.lab.luns[1]!.cut('h2');
    };
    await twins.each(lost);
    const tookMs = await comesToRest(twins.pacemaker, pacemaker, 110_000);
    t.diagnostic(`pacemaker: moved after ${tookMs.toFixed()} ms`);
    await comesToRest(twins.heartbeat, heartbeat, 0);
    assert.deepEqual(orders(twins.pacemaker, 'h2'), [], 'without fencing');
    twins.judge();
    // Under Heartbeat somebody has to see it, and switch the server off.
    await twins.heartbeat.lab.host('h2').powerLoss();
    await comesToRest(twins.heartbeat, pacemaker, 60_000);
    await twins.each(async ({ lab }) => lab.luns[1]!.heal('h2'));
    await restore(twins);
  });

  it('shoots when both links are cut: under Heartbeat chance decides, which the report says', async (t) => {
    const twins = opened();
    const { pacemaker, differences } = twins.expected('cut:h1');
    assert.equal(differences.length, 2);
    assert.match(differences.join(), /both sides shoot: under Heartbeat whoever is first lives, or neither/);
    assert.deepEqual(pacemaker, { object0: ['h1'], object1: ['h1'] });
    await twins.each(async (twin) => {
      await writeData(twin);
      await twin.lab.cutLinks('h2');
    });
    await comesToRest(twins.pacemaker, pacemaker, 90_000);
    assert.deepEqual(orders(twins.pacemaker, 'h1'), [], 'who is shot later lives');
    const old = await lastOf(twins.heartbeat);
    t.diagnostic(`heartbeat: ${JSON.stringify(old)}`);
    twins.judge();
  });

  /** One has everything, or neither has anything. */
  async function lastOf(twin: Twin): Promise<Record<string, string[]>> {
    const isOne = (): boolean => {
      const [first, second] = Object.values(placesOf(twin.lab)).map((hosts) => hosts.join());
      return first === second && twin.lab.hosts.filter(({ isOn }) => isOn).length > 0;
    };
    await until('one has everything, or neither', isOne, { limitMs: 60_000 });
    const places = placesOf(twin.lab);
    await comesToRest(twin, places, 0);
    return places;
  }

  function orders({ lab }: Twin, host: string): string[] {
    return lab.power.switched(host).flatMap(({ op, by }) => (op === 'status' ? [] : [`${op} by ${by}`]));
  }
});
