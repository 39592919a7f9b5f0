import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasCode } from '../../base/errors.ts';
import { arePair, formatFault, parseFault, singleFaults, wordsOfFault } from './fault.ts';
import { sampleWorld } from './sample.ts';

const world = sampleWorld();

describe('faults in words', () => {
  it('are read as they are written, each that there can be', () => {
    const all = singleFaults(world);
    assert.deepEqual(all.map(formatFault), [
      ...[
        'dies:n1',
        'dies:n2',
        'returns:n1',
        'returns:n2',
        'standby:n1',
        'standby:n2',
        'cut:n1',
        'fence:fence-n1',
        'fence:fence-n2',
      ],
      ...['monitor:mdt0', 'start:mdt0', 'stop:mdt0', 'monitor:ost0', 'start:ost0', 'stop:ost0', 'quorum'],
    ]);
    for (const fault of all) assert.deepEqual(parseFault(formatFault(fault), world), fault);
    assert.equal(new Set(all.map(wordsOfFault)).size, all.length);
  });

  it('refuses what is not there, and names what is', () => {
    const told = (text: string): string => {
      try {
        parseFault(text, world);
      } catch (error) {
        assert.ok(hasCode(error, 'usage'));
        return `${error.message} ${error.hint}`;
      }
      return '';
    };
    assert.match(told('dies:n3'), /no node n3/);
    assert.match(told('monitor:mdt'), /Did you mean mdt0/);
    assert.match(told('fence:x'), /There are: fence-n1, fence-n2/);
    assert.match(told('explodes:n1'), /is no fault.*dies:NODE/);
    // A fence device is no service that fails; it has a fault of its own.
    assert.match(told('stop:fence-n1'), /no resource fence-n1/);
  });

  it('cuts each of three nodes out, but one link of two only once', () => {
    const three = singleFaults(sampleWorld({ nodes: ['n1', 'n2', 'n3'] }));
    assert.equal(three.filter(({ kind }) => kind === 'link-cut').length, 3);
  });

  it('pairs what can come together', () => {
    const fault = (text: string) => parseFault(text, world);
    assert.ok(arePair(fault('dies:n1'), fault('dies:n2')));
    assert.ok(arePair(fault('standby:n1'), fault('cut:n1')));
    assert.ok(!arePair(fault('dies:n1'), fault('standby:n1')));
    assert.ok(!arePair(fault('start:mdt0'), fault('stop:mdt0')));
    assert.ok(!arePair(fault('returns:n1'), fault('quorum')));
  });
});
