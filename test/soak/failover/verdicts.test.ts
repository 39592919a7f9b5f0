import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Answer, argvOf, ORDER_MS_MAX, readAnswer } from './answer.ts';
import type { Order } from './orders.ts';
import { knownAt, servedWithoutQuorum } from './truth.ts';
import { judgeTrial, type Trial } from './verdicts.ts';
import type { World } from './world.ts';

const ORDER: Order = {
  ...{ kind: 'move', lun: 'meta0', node: 'n2', on: 'n1' },
  ...{ isOverridden: false, when: 'after', delayMs: 0 },
};

function world(more: Partial<World> = {}): World {
  return {
    ...{ atMs: 1000, off: [], silent: [], frozen: [], fresh: [], cut: {}, apart: [], fence: {} },
    ...{ lost: [], standby: [], torn: [], places: { meta0: 'n1', object0: 'n2' }, sinceFaultMs: 60_000 },
    ...more,
  };
}

function answer(more: Partial<Answer> = {}): Answer {
  const inputs = [
    { name: 'quorum', subject: '', finding: 'good', text: '', examinedMs: 1000 },
    { name: 'fencing', subject: 'n1', finding: 'good', text: '', examinedMs: 1000 },
  ] as const;
  return {
    beganMs: 900,
    endedMs: 2000,
    exitCode: 0,
    isNeeded: true,
    inputs,
    isGreen: true,
    steps: 2,
    error: '',
    text: '',
    ...more,
  };
}

/** Moved as it was promised, when nothing else is said. */
function trial(more: Partial<Trial> = {}): Trial {
  const done = world({ places: { meta0: 'n2', object0: 'n2' } });
  return {
    ...{ bed: 'pair', order: ORDER, answer: answer(), judged: [world()], during: [world(), done] },
    ...{ isStruckMeanwhile: false, changed: undefined, complaint: undefined, doubles: 0, fenced: [] },
    ...more,
  };
}

const REFUSED = { exitCode: 20, isGreen: false, steps: 0 } as const;
const badFencing = [{ name: 'fencing', subject: 'n1', finding: 'bad', text: 'no answer', examinedMs: 1000 }] as const;

describe('an answer beside a verdict', () => {
  const plain = { isGreen: undefined, isNeeded: false, inputs: [] } as const;

  it('may leave open what ssh does not reach, and only that', () => {
    const unseen = answer({ ...plain, exitCode: 3, error: 'mounts could not be read: n2' });
    const cut = trial({ answer: unseen, during: [world({ cut: { n2: [0] } })] });
    assert.equal(judgeTrial(cut).judged, 'right');
    assert.equal(judgeTrial(trial({ answer: unseen })).judged, 'wrong');
  });

  it('may be refused while the cluster starts a broken fence device anew, and for nothing else of that device', () => {
    const during = [world({ fence: { n1: 'fence-error' } })];
    const refused = (error: string) => trial({ during, answer: answer({ exitCode: 20, steps: 0, error }) });
    assert.equal(judgeTrial(refused('fence-n1 is starting (needed: nothing is under way)')).judged, 'right');
    assert.equal(judgeTrial(refused('something else')).judged, 'wrong');
  });

  it('may find failures again of a fence device that is broken, and of no other', () => {
    const said =
      'cleanup: failures are there (again): fence-n1 on n2, fence-n1 on n1 (begun: forget failures of fence-n1)';
    const failed = (error: string, broken: string) =>
      trial({
        during: [world({ fence: { [broken]: 'fence-error' } })],
        order: { ...ORDER, kind: 'cleanup' },
        answer: answer({ ...plain, exitCode: 1, error }),
      });
    assert.equal(judgeTrial(failed(said, 'n1')).judged, 'right');
    assert.equal(judgeTrial(failed(said, 'n2')).judged, 'wrong');
    assert.equal(judgeTrial(failed(said.replace('fence-n1 on n1', 'meta0 on n1'), 'n1')).judged, 'wrong');
  });
});

describe('a green verdict', () => {
  it('is right when everything was good and what was promised follows', () => {
    assert.deepEqual(judgeTrial(trial()), { verdict: 'green', judged: 'right' });
  });

  it('is wrong when an input was known to be bad', () => {
    const judged = judgeTrial(trial({ judged: [world({ fence: { n1: 'fence-error' } })] }));
    assert.equal(judged.judged, 'wrong');
    assert.match(judged.why!, /green although fencing of n1/);
  });

  it('is wrong when something else follows: another place, a failure, a shot, two mounts, a broken promise', () => {
    const wrongs: Partial<Trial>[] = [
      { during: [world(), world()] },
      { during: [world(), world({ places: { meta0: 'n2', object0: 'n1' } })] },
      { answer: answer({ exitCode: 1, error: 'not settled' }) },
      { fenced: ['n2'] },
      { doubles: 1 },
      { complaint: 'the pause did not end' },
    ];
    for (const each of wrongs) assert.equal(judgeTrial(trial(each)).judged, 'wrong', JSON.stringify(each));
  });

  it('promises nothing for what strikes later', () => {
    const later = { isStruckMeanwhile: true, answer: answer({ exitCode: 1 }), fenced: ['n2'] };
    assert.equal(judgeTrial(trial(later)).judged, 'right');
    assert.equal(judgeTrial(trial({ ...later, doubles: 1 })).judged, 'wrong');
  });
});

describe('a refusal', () => {
  const refused = (more: Partial<Trial>): Trial =>
    trial({ answer: answer({ ...REFUSED, inputs: badFencing }), during: [world(), world()], ...more });

  it('is right when what it names was bad, and nothing was changed', () => {
    const bad = [world({ fence: { n1: 'fence-hang' } })];
    assert.deepEqual(judgeTrial(refused({ judged: bad })), { verdict: 'refused', judged: 'right' });
    assert.equal(judgeTrial(refused({ judged: bad, changed: 'a constraint' })).judged, 'wrong');
    assert.equal(
      judgeTrial(refused({ judged: bad, answer: answer({ ...REFUSED, inputs: badFencing, steps: 1 }) })).judged,
      'wrong',
    );
  });

  it('is wrong when what it names was good, whatever else was bad', () => {
    assert.match(judgeTrial(refused({})).why!, /refused for what was good: fencing n1: no answer/);
    const other = [world({ lost: ['meta0@n2'] })];
    assert.equal(judgeTrial(refused({ judged: other })).judged, 'wrong');
  });

  it('is open when that was changing', () => {
    const changing = [world(), world({ fence: { n1: 'fence-hang' } })];
    assert.equal(judgeTrial(refused({ judged: changing })).judged, 'open');
  });

  it('without a verdict has to have something in the way', () => {
    const plain = { answer: answer({ exitCode: 20, isGreen: undefined, inputs: [], steps: 0 }) };
    assert.equal(judgeTrial(refused(plain)).judged, 'wrong');
    const standing = world({ standby: ['n2'] });
    assert.equal(judgeTrial(refused({ ...plain, during: [standing, standing] })).judged, 'right');
    // A cable that is cut stands in nobody's way.
    const cable = world({ cut: { n2: [1] } });
    assert.equal(judgeTrial(refused({ ...plain, during: [cable, cable] })).judged, 'wrong');
  });
});

describe('other ends', () => {
  it('against the verdict are nobody’s promise', () => {
    const order = { ...ORDER, isOverridden: true };
    const judged = judgeTrial(trial({ order, answer: answer({ isGreen: false, inputs: badFencing, exitCode: 1 }) }));
    assert.deepEqual(judged, { verdict: 'refused', judged: 'free' });
  });

  it('that never came are wrong, unless the host went down', () => {
    const silent = { answer: answer({ exitCode: undefined, isGreen: undefined, inputs: [] }) };
    assert.equal(judgeTrial(trial(silent)).judged, 'wrong');
    assert.equal(judgeTrial(trial({ ...silent, during: [world(), world({ off: ['n1'] })] })).judged, 'open');
    assert.equal(judgeTrial(trial({ ...silent, isStruckMeanwhile: true })).judged, 'open');
    const hung = { answer: { ...silent.answer, endedMs: 900 + ORDER_MS_MAX } };
    assert.equal(judgeTrial(trial({ ...hung, isStruckMeanwhile: true })).judged, 'wrong');
  });

  it('without a verdict are right when all is as it should be', () => {
    const idle = { answer: answer({ isGreen: undefined, inputs: [], isNeeded: false, steps: 0 }) };
    assert.equal(judgeTrial(trial(idle)).judged, 'right');
    assert.equal(
      judgeTrial(trial({ ...idle, during: [world(), world()] })).judged,
      'wrong',
      'there was something to do',
    );
  });

  it('are looked for where each order has to lead', () => {
    const to = (kind: Order['kind'], node: string | undefined, places: World['places']): string => {
      const { lun: _, node: __, ...rest } = ORDER;
      const order: Order = node === undefined ? { ...rest, kind } : { ...rest, kind, node };
      return judgeTrial(trial({ order, during: [world(), world({ places })] })).judged;
    };
    assert.equal(to('takeover', 'n1', { meta0: 'n1', object0: 'n1' }), 'right');
    assert.equal(to('takeover', 'n1', { meta0: 'n1', object0: 'n2' }), 'wrong');
    assert.equal(to('standby', 'n1', { meta0: 'n2', object0: 'n2' }), 'right');
    assert.equal(to('standby', 'n1', { meta0: 'n1', object0: 'n2' }), 'wrong');
    assert.equal(to('failback', undefined, { meta0: 'n1', object0: 'n2' }), 'right');
    assert.equal(to('failback', undefined, { meta0: 'n2', object0: 'n2' }), 'wrong');
    assert.equal(to('clear', undefined, { meta0: 'n1', object0: 'n2' }), 'right');
    assert.equal(to('cleanup', undefined, { meta0: '', object0: 'n2' }), 'wrong');
  });
});

describe('what is known of an input', () => {
  const known = (name: string, subject: string, more: Partial<World>, bed: Trial['bed'] = 'pair') =>
    knownAt({ name, subject }, { bed, order: ORDER }, world({ places: { meta0: 'n1', object0: 'n2' }, ...more }));

  it('is what was done to it', () => {
    for (const name of ['quorum', 'peer', 'fencing', 'mmp', 'replica', 'simulation'])
      assert.equal(known(name, name === 'mmp' ? 'meta0 (/dev/x)' : 'n1', {}), 'good', name);
    assert.equal(known('peer', 'n2', { cut: { n2: [0, 1] } }), 'bad');
    assert.equal(known('peer', 'n2', { cut: { n2: [1] } }), 'good');
    assert.equal(known('peer', 'n2', { silent: ['n2'] }), 'bad');
    assert.equal(known('mmp', 'meta0 (/dev/x)', { lost: ['meta0@n2'] }), 'bad');
    assert.equal(known('mmp', 'meta0 (/dev/x)', { lost: ['meta0@n1'] }), 'good');
    // ssh takes the first link, and so the block cannot be read where it goes to.
    assert.equal(known('mmp', 'meta0 (/dev/x)', { cut: { n1: [0] } }), 'bad');
    assert.equal(known('fencing', 'n1', { frozen: ['n2'], silent: ['n2'] }), 'bad');
    assert.equal(known('fencing', 'n1', { fence: { n1: 'fence-liar' } }), 'good');
    assert.equal(known('fencing', 'n1', { off: ['n1'], sinceFaultMs: 100 }), 'bad');
    assert.equal(known('fencing', 'h1', {}, 'bare'), 'bad');
  });

  it('is open until a cluster can have noticed', () => {
    assert.equal(known('peer', 'n2', { silent: ['n2'], sinceFaultMs: 500 }), 'open');
    assert.equal(known('simulation', '', { cut: { n2: [1] } }), 'open');
    assert.equal(known('mmp', 'meta0 (/dev/x)', { places: { meta0: '', object0: 'n2' } }), 'open');
  });

  it('takes a majority for quorum, but of two', () => {
    assert.equal(known('quorum', '', { silent: ['n2'] }), 'good');
    assert.equal(known('quorum', '', { silent: ['n2'] }, 'three'), 'good');
    assert.equal(known('quorum', '', { cut: { n1: [0, 1] } }, 'three'), 'bad');
    assert.equal(
      knownAt(
        { name: 'quorum', subject: '' },
        { bed: 'heartbeat', order: { ...ORDER, on: 'h1' } },
        world({ off: ['h2'] }),
      ),
      'bad',
    );
  });
});

describe('a part without quorum', () => {
  it('must serve nothing, unless it stands still and can do nothing', () => {
    const cut = { cut: { n1: [0, 1] } as const, places: { meta0: 'n1', object0: 'n2', object1: '' } };
    assert.deepEqual(servedWithoutQuorum(world(cut), 'three'), ['n1 serves meta0 without quorum']);
    assert.deepEqual(servedWithoutQuorum(world({ ...cut, silent: ['n1'] }), 'three'), []);
    assert.deepEqual(servedWithoutQuorum(world({ ...cut, cut: { n1: [0] } }), 'three'), []);
    assert.deepEqual(servedWithoutQuorum(world(cut), 'pair'), [], 'of two, each may go on');
  });
});

describe('what Holdfast answers', () => {
  it('is read from its records', () => {
    const output = [
      '{"message_type":"plan","action":"move","needed":true}',
      '{"message_type":"input","name":"mmp","subject":"meta0 (/dev/x)","finding":"unexamined","text":"?","examined":null}',
      '{"message_type":"verdict","green":false,"reasons":["?"]}',
      '{"message_type":"error","code":"refused","message":"no"}',
      '',
    ].join('\n');
    const read = readAnswer(output, { beganMs: 1, endedMs: 2, exitCode: 20, errorText: 'x' });
    assert.deepEqual(
      [read.isNeeded, read.isGreen, read.steps, read.error, read.inputs[0]?.finding, read.inputs[0]?.examinedMs],
      [true, false, 0, 'no', 'unexamined', undefined],
    );
  });

  it('is asked for in its own words', () => {
    assert.deepEqual(argvOf(ORDER, { file: undefined }), ['move', 'meta0', 'n2']);
    const [word, , flag] = argvOf({ ...ORDER, kind: 'takeover', isOverridden: true }, { file: undefined });
    assert.deepEqual([word, flag], ['takeover', '--override']);
  });
});
