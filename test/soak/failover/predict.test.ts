import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Drawn, drawRound, FAULT_KINDS, type Fault, isHeartbeat } from './draw.ts';
import { predictHeartbeat, simulatedFaults } from './predict.ts';
import { compare } from './round.ts';

function drawn(bed: Drawn['bed'], faults: Fault[]): Drawn {
  const start = isHeartbeat(bed) ? { object0: 'h1' } : { meta0: 'n1', object0: 'n2' };
  return { ...drawRound(1, 1, bed), start, faults, order: undefined };
}

describe('what the simulation is asked', () => {
  it('is about the faults that it knows', () => {
    const faults: Fault[] = [
      { kind: 'power-loss', node: 'n2' },
      { kind: 'fence-hang', node: 'n1' },
      { kind: 'lun-path', node: 'n1', lun: 'meta0' },
      { kind: 'link-cut', node: 'n1', link: 0 },
    ];
    assert.deepEqual(simulatedFaults(drawn('pair', faults)), [
      [
        { kind: 'node-dies', node: 'n2' },
        { kind: 'fence-dead', device: 'fence-n1' },
        { kind: 'resource-fails', resource: 'meta0', operation: 'start' },
      ],
    ]);
  });

  it('is both courses where membership may leave out either', () => {
    const faults: Fault[] = [{ kind: 'pair-apart', node: 'n1', peer: 'n3' }];
    assert.deepEqual(simulatedFaults(drawn('three', faults)), [
      [{ kind: 'link-cut', node: 'n1' }],
      [{ kind: 'link-cut', node: 'n3' }],
    ]);
    assert.equal(simulatedFaults(drawn('pair', [{ kind: 'pair-apart', node: 'n1', peer: 'n2' }]))?.length, 1);
  });

  it('leaves alone a path that nobody uses, and says nothing of it beside another fault', () => {
    const spare: Fault = { kind: 'lun-path', node: 'n2', lun: 'meta0' };
    assert.deepEqual(simulatedFaults(drawn('pair', [spare])), [[]]);
    assert.equal(simulatedFaults(drawn('pair', [spare, { kind: 'kill', node: 'n1' }])), undefined);
  });

  it('is nothing when a fence device lies about a living node', () => {
    const liar: Fault = { kind: 'fence-liar', node: 'n1' };
    assert.equal(simulatedFaults(drawn('pair', [liar, { kind: 'links-cut', node: 'n1' }])), undefined);
    assert.deepEqual(simulatedFaults(drawn('pair', [liar, { kind: 'kill', node: 'n1' }])), [
      [{ kind: 'node-dies', node: 'n1' }],
    ]);
  });

  it('is told for every kind of fault', () => {
    for (const kind of FAULT_KINDS) {
      const fault: Fault = { kind, node: 'n1', peer: 'n2', lun: 'meta0', link: 0 };
      // One that is back at once may not have been missed.
      assert.equal(simulatedFaults(drawn('three', [fault])) === undefined, kind === 'reboot', kind);
    }
  });
});

describe('the rules of Heartbeat', () => {
  const cases: [string, Fault[], string[]][] = [
    ['a holder that dies is taken over from', [{ kind: 'kill', node: 'h1' }], ['h2']],
    ['its peer is not missed', [{ kind: 'kill', node: 'h2' }], ['h1']],
    ['one link is enough', [{ kind: 'link-cut', node: 'h1', link: 0 }], ['h1']],
    ['without links both shoot', [{ kind: 'links-cut', node: 'h2' }], ['h1', 'h2', '']],
    [
      'nobody takes over from whom he cannot shoot',
      [
        { kind: 'kill', node: 'h1' },
        { kind: 'fence-error', node: 'h1' },
      ],
      [''],
    ],
    [
      'one that is silent and cannot be shot keeps it',
      [
        { kind: 'membership-stopped', node: 'h1' },
        { kind: 'fence-hang', node: 'h1' },
      ],
      ['h1'],
    ],
    ['a lost path is not noticed', [{ kind: 'lun-path', node: 'h1', lun: 'object0' }], ['h1']],
    ['nor is a file system that is gone', [{ kind: 'resource-fails', node: 'h1', lun: 'object0' }], ['']],
    ['what is handed over goes', [{ kind: 'standby', node: 'h1' }], ['h2']],
    ['who has nothing hands nothing over', [{ kind: 'standby', node: 'h2' }], ['h1']],
    [
      'with both gone there is nobody',
      [
        { kind: 'kill', node: 'h1' },
        { kind: 'power-loss', node: 'h2' },
      ],
      [''],
    ],
  ];
  for (const [name, faults, wanted] of cases)
    it(name, () => {
      const { places } = predictHeartbeat(drawn('heartbeat', faults));
      assert.deepEqual(
        places,
        wanted.map((object0) => ({ object0 })),
      );
    });

  it('keep two nodes apart without STONITH by multiple-mount protection alone', () => {
    const at = (faults: Fault[]) => predictHeartbeat(drawn('bare', faults)).places?.map(({ object0 }) => object0);
    assert.deepEqual(at([{ kind: 'links-cut', node: 'h2' }]), ['h1']);
    assert.deepEqual(at([{ kind: 'host-stopped', node: 'h1' }]), ['h1']);
    assert.deepEqual(at([{ kind: 'power-loss', node: 'h1' }]), ['h2']);
    const two: Fault[] = [
      { kind: 'lun-path', node: 'h1', lun: 'object0' },
      { kind: 'links-cut', node: 'h1' },
    ];
    assert.equal(at(two), undefined);
  });
});

describe('a prediction beside what was seen', () => {
  const told = { places: [{ meta0: 'n1', object0: 'n1' }], why: '' };

  it('is right when every file system is where it was told to be', () => {
    assert.deepEqual(compare(told, { meta0: 'n1', object0: 'n1' }), { prediction: 'right' });
    assert.deepEqual(compare(told, { meta0: 'n1', object0: 'n2' }), {
      prediction: 'wrong',
      difference: 'object0 was told to be on n1 and was on n2',
    });
  });

  it('says what was nowhere, or twice', () => {
    const { difference } = compare(told, { meta0: '', object0: 'n1,n2' });
    assert.equal(
      difference,
      'meta0 was told to be on n1 and was on none, object0 was told to be on n1 and was on n1,n2',
    );
  });

  it('is none when nothing was told', () => {
    assert.deepEqual(compare({ places: undefined, why: 'no' }, { meta0: '' }), {
      prediction: 'none',
      difference: 'no',
    });
  });
});
