import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compressHosts, expandHosts } from './hostlist.ts';

function hosts(list: string): string[] {
  const found = expandHosts(list);
  assert.ok('hosts' in found, JSON.stringify(found));
  return found.hosts;
}

function problem(list: string): string {
  const found = expandHosts(list);
  assert.ok('problem' in found, JSON.stringify(found).slice(0, 100));
  return found.problem;
}

describe('expandHosts', () => {
  it('expands the examples of powerman(1)', () => {
    assert.deepEqual(hosts('bar baz foo[01-05]'), ['bar', 'baz', 'foo01', 'foo02', 'foo03', 'foo04', 'foo05']);
    assert.deepEqual(hosts('bar,foo[7,9-10]'), ['bar', 'foo7', 'foo9', 'foo10']);
    assert.deepEqual(hosts('foo[0,4-5]'), ['foo0', 'foo4', 'foo5']);
    assert.deepEqual(hosts('foo[19]'), ['foo19']);
  });

  it('keeps order, width, suffixes and what is there twice', () => {
    assert.deepEqual(hosts('n[10,9],n[9]'), ['n10', 'n9', 'n9']);
    assert.deepEqual(hosts('n[098-101]-ib'), ['n098-ib', 'n099-ib', 'n100-ib', 'n101-ib']);
    assert.deepEqual(hosts('[1-3]'), ['1', '2', '3']);
    assert.deepEqual(hosts(' a,,\tb '), ['a', 'b']);
  });

  it('says what is wrong with a list', () => {
    assert.match(problem(''), /names no host/);
    assert.match(problem('n[1-2'), /brackets/);
    assert.match(problem('n1-2]'), /brackets/);
    assert.match(problem('n[1][2]'), /brackets/);
    assert.match(problem('n[]'), /has "" where/);
    assert.match(problem('n[a-b]'), /has "a-b" where/);
    assert.match(problem('n[1--2]'), /has "1--2" where/);
    assert.match(problem('n[5-2]'), /runs backwards, 5-2/);
    assert.match(problem('n[0-16384]'), /more than 16384 hosts/);
    assert.match(problem('n[1-99999999999999]'), /where a number/);
    assert.match(problem('a[0-16383] b[0-16383] c[0-16383] d[0-16383] e'), /more than 65536/);
    assert.match(problem('a[0-16383,0-16383,0-16383,0-16383,1]'), /more than 65536/);
  });

  it('takes any text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('n', '[', ']', '-', ',', ' ', '0', '9'), maxLength: 12 }),
        (list) => {
          const found = expandHosts(list);
          if ('hosts' in found) for (const host of found.hosts) assert.doesNotMatch(host, /[[\], ]/);
          else assert.notEqual(found.problem, '');
        },
      ),
    );
  });
});

describe('compressHosts', () => {
  it('writes ranges where numbers follow each other', () => {
    assert.equal(compressHosts(['n0', 'n1', 'n2', 'n3', 'x']), 'n[0-3],x');
    assert.equal(compressHosts(['n9', 'n10', 'n12']), 'n[9-10,12]');
    assert.equal(compressHosts(['n09', 'n10', 'n011']), 'n[09-10,011]');
    assert.equal(compressHosts(['a', 'n1', 'b']), 'a,n1,b');
    assert.equal(compressHosts([]), '');
  });

  it('loses nothing', () => {
    const name = fc.oneof(
      fc.stringMatching(/^[a-z.-]{0,2}\d{0,3}$/),
      fc.nat(30).map((at) => `n${at}`),
      fc.nat(30).map((at) => `n${String(at).padStart(2, '0')}`),
    );
    fc.assert(
      fc.property(
        fc.array(
          name.filter((each) => each !== ''),
          { minLength: 1 },
        ),
        (names) => {
          assert.deepEqual(hosts(compressHosts(names)), names);
        },
      ),
    );
    const many = Array.from({ length: 40_000 }, (_, at) => `n${at}`);
    assert.equal(compressHosts(many), 'n[0-16383,16384-32767,32768-39999]');
    assert.deepEqual(hosts(compressHosts(many)), many);
  });
});
