import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FENCING_PROOF_MS_MAX } from '../../base/cluster-limits.ts';
import { AppError, hasCode } from '../../base/errors.ts';
import type { mmp, pacemakerAct, state } from '../../cluster.ts';
import { planPaths } from '../fence/paths.ts';
import { proofsOf } from '../fence/proofs.ts';
import { sampleView } from '../fence/sample.ts';
import { type FencingProof, fencingInput, peerInput, quorumInput } from './inputs.ts';
import { byKernels, mmpInput } from './inputs-devices.ts';
import { expectReadiness, judgeReadiness } from './judge.ts';
import { notDeadUnnoticed } from './look-fencing.ts';
import { INPUT_NAMES, type VerdictInput } from './model.ts';

const NOW_MS = Date.UTC(2026, 10, 21, 20);
const GOOD: VerdictInput[] = INPUT_NAMES.map((name) => {
  return { name, subject: '', finding: 'good', examinedMs: NOW_MS - 1000, text: 'fine' };
});
const plan = { action: 'takeover', subject: 'oss1' } as const;

describe('a verdict', () => {
  it('is green when everything was examined and is good', () => {
    const verdict = judgeReadiness(GOOD, NOW_MS);
    assert.deepEqual([verdict.isGreen, verdict.reasons], [true, []]);
    expectReadiness(verdict, { plan, override: undefined });
  });

  it('is not green when one thing is bad, unexamined, left out, undated or dated ahead', () => {
    const cases: [(input: VerdictInput) => VerdictInput[], RegExp][] = [
      [(input) => [{ ...input, finding: 'bad', text: 'broken' }], /: broken/],
      [
        (input) => [{ ...input, finding: 'unexamined', examinedMs: undefined, text: 'silent' }],
        /could not be examined: silent/,
      ],
      [() => [], /could not be examined: nobody looked/],
      [(input) => [{ ...input, examinedMs: undefined }], /not dated/],
      [(input) => [{ ...input, examinedMs: NOW_MS + 120_000 }], /dated ahead/],
      [(input) => [input, { ...input, subject: 'oss2', finding: 'bad', text: 'broken' }], /of oss2: broken/],
    ];
    for (const name of INPUT_NAMES)
      for (const [change, message] of cases) {
        const verdict = judgeReadiness(
          GOOD.flatMap((input) => (input.name === name ? change(input) : [input])),
          NOW_MS,
        );
        assert.equal(verdict.isGreen, false, name);
        assert.match(verdict.reasons.join(), message);
        assert.ok(verdict.reasons[0]!.startsWith(name));
      }
    assert.equal(judgeReadiness([], NOW_MS).reasons.length, INPUT_NAMES.length);
  });

  it('is never green by more inputs that are not good', () => {
    const input = fc.record({
      name: fc.constantFrom(...INPUT_NAMES),
      subject: fc.string(),
      finding: fc.constantFrom<VerdictInput['finding']>('good', 'bad', 'unexamined'),
      examinedMs: fc.option(fc.integer({ min: 0, max: NOW_MS }), { nil: undefined }),
      text: fc.string(),
    });
    fc.assert(
      fc.property(fc.array(input), (inputs) => {
        const isSound = INPUT_NAMES.every((name) => inputs.some((each) => each.name === name));
        const isGood = inputs.every(({ finding, examinedMs }) => finding === 'good' && examinedMs !== undefined);
        assert.equal(judgeReadiness(inputs, NOW_MS).isGreen, isSound && isGood);
      }),
    );
  });

  it('refuses with everything that is wrong, unless somebody gives a reason', () => {
    const verdict = judgeReadiness(GOOD.slice(1), NOW_MS);
    for (const override of [undefined, '', '  '])
      assert.throws(
        () => expectReadiness(verdict, { plan, override }),
        (error) => {
          assert.ok(hasCode(error, 'refused') && error.exitCode === 20);
          assert.match(`${error.message} ${error.hint}`, /takeover oss1: quorum could not be examined.*--override/);
          return true;
        },
      );
    expectReadiness(verdict, { plan, override: 'oss2 was carried out of the room' });
  });
});

const NODE = { name: 'oss2', isOnline: true, isUnclean: false, isPending: false } as state.NodeState;
const STATE = {
  kind: 'pacemaker',
  atMs: NOW_MS,
  hasQuorum: true,
  options: { fencesNodes: true },
  nodes: [NODE],
  fencing: [],
  resources: [],
} as unknown as state.ClusterState;

describe('inputs', () => {
  it('of quorum', () => {
    const finding = (given: Partial<state.ClusterState>): string => quorumInput({ ...STATE, ...given }).finding;
    assert.deepEqual([{}, { hasQuorum: false }, { hasQuorum: undefined }].map(finding), ['good', 'bad', 'unexamined']);
    assert.equal(finding({ kind: 'heartbeat', hasQuorum: undefined }), 'good');
    assert.equal(finding({ kind: 'heartbeat', nodes: [{ ...NODE, isOnline: false }] }), 'bad');
  });

  it('of a peer: up, surely off, or neither', () => {
    const at = (ageMs: number) => ({ text: 'then', ms: NOW_MS - ageMs });
    const shot = { target: 'oss2', action: 'off', status: 'success', completed: at(1000) } as state.FencingEvent;
    const away = { ...NODE, isOnline: false };
    const finding = (given: Partial<state.ClusterState>): string => peerInput({ ...STATE, ...given }, 'oss2').finding;
    assert.equal(finding({}), 'good');
    assert.equal(finding({ nodes: [{ ...NODE, isUnclean: true }] }), 'bad');
    assert.equal(finding({ nodes: [{ ...NODE, isPending: true }] }), 'bad');
    assert.equal(finding({ nodes: [away] }), 'bad');
    assert.equal(finding({ nodes: [away], fencing: [shot] }), 'good');
    assert.equal(finding({ nodes: [away], fencing: [{ ...shot, status: 'failed' }, shot] }), 'bad');
    assert.equal(finding({ nodes: [away], fencing: [{ ...shot, action: 'on' }] }), 'bad', 'unfenced, not fenced');
    assert.equal(finding({ nodes: [away], fencing: [{ ...shot, action: 'on' }, shot] }), 'good');
    const old = { ...shot, completed: at(FENCING_PROOF_MS_MAX + 1) };
    assert.equal(finding({ nodes: [away], fencing: [old] }), 'unexamined', 'it may have come back since');
    assert.equal(finding({ nodes: [away], fencing: [{ ...shot, completed: undefined }] }), 'unexamined');
    assert.equal(finding({ nodes: [away], fencing: undefined }), 'unexamined');
    assert.equal(finding({ nodes: [] }), 'unexamined');
  });

  it('of fencing: the newest proof of each way counts, and not for ever', () => {
    const proof = (by: string, isProven: boolean, ageMs: number): FencingProof => {
      return { node: 'oss2', by, isProven, atMs: NOW_MS - ageMs, text: isProven ? 'on' : 'no answer' };
    };
    const finding = (...proofs: FencingProof[]): string =>
      fencingInput(STATE, { node: 'oss2', proofs, nowMs: NOW_MS }).finding;
    assert.equal(finding(), 'unexamined');
    assert.equal(finding(proof('a', true, 0)), 'good');
    assert.equal(finding(proof('a', true, 1000), proof('a', false, 0)), 'bad');
    assert.equal(finding(proof('a', false, 1000), proof('a', true, 0)), 'good');
    assert.equal(finding(proof('a', false, 0), proof('b', true, 0)), 'good');
    assert.equal(finding(proof('a', true, FENCING_PROOF_MS_MAX + 1)), 'unexamined');
    assert.equal(finding({ ...proof('a', true, 0), node: 'oss1' }), 'unexamined');
    const shot = proof('a shot by a', true, 1000);
    assert.equal(finding(shot), 'good');
    assert.equal(finding(shot, proof('fence-x from a', false, 0)), 'bad', 'what fails now undoes an old shot');
    const silent = { ...STATE, options: { ...STATE.options, fencesNodes: undefined } };
    const told = fencingInput(silent, { node: 'oss2', proofs: [proof('a', true, 0)], nowMs: NOW_MS });
    assert.equal(told.finding, 'unexamined', 'not told whether it is on');
    const off = { ...STATE, options: { ...STATE.options, fencesNodes: false } };
    assert.equal(fencingInput(off, { node: 'oss2', proofs: [proof('a', true, 0)], nowMs: NOW_MS }).finding, 'bad');
  });

  it('of fencing: a device that has the node off, which the cluster had online, proves nothing', () => {
    const { paths } = planPaths(sampleView());
    const path = paths.find(({ step, from, target }) => step === 'status' && from === 'n1' && target?.node === 'n2')!;
    const judged = (power: 'on' | 'off', isOnline: boolean): string => {
      const tried = { outcome: 'proven', tookMs: 5, text: power, power } as const;
      const nodes = [{ ...NODE, name: 'n2', isOnline }];
      const proofs = proofsOf([notDeadUnnoticed({ nodes })({ ...path, tried })], NOW_MS);
      return fencingInput(STATE, { node: 'n2', proofs, nowMs: NOW_MS }).finding;
    };
    assert.deepEqual([judged('on', true), judged('off', true), judged('off', false)], ['good', 'bad', 'good']);
  });

  it('of fencing with a topology: all devices of a level, or none', () => {
    const proof = (device: string, isProven: boolean): FencingProof => {
      return { node: 'oss2', device, by: `${device} from oss1`, isProven, atMs: NOW_MS, text: 'on' };
    };
    const finding = (levels: string[][] | undefined, ...proofs: FencingProof[]): string =>
      fencingInput(STATE, { node: 'oss2', proofs, levels, nowMs: NOW_MS }).finding;
    const both = [['psu1', 'psu2']];
    assert.equal(finding(both, proof('psu1', true), proof('psu2', true)), 'good');
    assert.equal(finding(both, proof('psu1', true), proof('psu2', false)), 'bad');
    assert.equal(finding(both, proof('psu1', true)), 'unexamined');
    assert.equal(finding([...both, ['bmc']], proof('psu1', true), proof('bmc', true)), 'good');
    assert.equal(finding([], proof('psu1', true)), 'unexamined');
    const pretends = { ...proof('null', true), powerless: 'null cuts no power' };
    assert.equal(finding(undefined, pretends), 'bad');
    assert.equal(finding(undefined, pretends, proof('bmc', true)), 'good');
  });

  it('of devices: the block against what the cluster says', () => {
    const filesystem = { resource: 'ost1', device: '/dev/sdb', mountpoint: '/mnt/ost1', kind: 'xfs' };
    const finding = (given: mmp.MmpState, holder?: string, kind: string | undefined = 'xfs'): string => {
      const reading = { state: given, damage: undefined, ext4: undefined, mmp: undefined, digest: undefined };
      const holders = holder === undefined ? [] : holder.split(' ');
      return mmpInput({ ...filesystem, kind }, reading, { holders, host: 'oss1', nowMs: NOW_MS }).finding;
    };
    assert.deepEqual(
      (['clean', 'active-or-crashed', 'fsck', 'no-mmp', 'damaged', 'not-ext4'] as const).map((each) => [
        finding(each),
        finding(each, 'oss2'),
      ]),
      [
        ['good', 'bad'],
        ['bad', 'good'],
        ['bad', 'bad'],
        ['bad', 'bad'],
        ['bad', 'bad'],
        ['good', 'good'],
      ],
    );
    assert.equal(finding('active-or-crashed', 'oss1 oss2'), 'bad', 'two holders');
    // Another device than the one that is meant.
    for (const kind of ['ext4', 'ldiskfs', 'lustre']) assert.equal(finding('not-ext4', 'oss2', kind), 'bad', kind);
    const reading = {
      state: 'not-ext4',
      damage: undefined,
      ext4: undefined,
      mmp: undefined,
      digest: undefined,
    } as const;
    const untyped = { ...filesystem, kind: undefined };
    assert.equal(mmpInput(untyped, reading, { holders: [], host: 'oss1', nowMs: NOW_MS }).finding, 'unexamined');
  });

  it('of devices: the kernels have the last word on who has it', () => {
    const filesystem = { resource: 'ost1', device: '/dev/sdb', mountpoint: '/mnt/ost1', kind: 'ext4' };
    const good: VerdictInput = { ...GOOD[3]!, text: 'in use' };
    const table = (...devices: string[]): pacemakerAct.NodeMounts => ({
      mounts: devices.map((device) => ({ device, directory: '/mnt/x', type: 'ext4', isReadOnly: true })),
      targets: new Map(),
    });
    const finding = (holders: string[], tables: Record<string, pacemakerAct.NodeMounts | AppError>): string =>
      byKernels(good, { filesystem, holders, tables: new Map(Object.entries(tables)) }).finding;
    const silent = new AppError('host-unreachable', { detail: 'oss2' });
    assert.equal(finding(['oss1'], { oss1: table('/dev/sdb'), oss2: table() }), 'good');
    assert.equal(finding(['oss1'], { oss1: table('/dev/sdb'), oss2: table('/dev/sdb') }), 'bad', 'a second mount');
    assert.equal(finding(['oss1'], { oss1: table(), oss2: table() }), 'bad', 'somebody else writes the block');
    assert.equal(finding(['oss1'], { oss1: table('/dev/sdb'), oss2: silent }), 'unexamined');
    assert.equal(finding([], { oss1: table(), oss2: table() }), 'good');
    const away = byKernels(good, { filesystem, holders: ['oss1'], tables: new Map([['oss2', table()]]) });
    assert.equal(away.text, 'in use, but its mounts could not be read: oss1 is not online');
    assert.deepEqual([away.finding, away.examinedMs], ['unexamined', undefined]);
    assert.equal(finding([], { oss1: table('/dev/sdb'), oss2: silent }), 'bad');
    const bad = byKernels({ ...good, finding: 'bad' }, { filesystem, holders: [], tables: new Map() });
    assert.equal(bad.finding, 'bad');
  });
});
