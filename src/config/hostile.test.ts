// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a configuration look like that
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { load, problemsOf } from '../../test/configurations.ts';
import type { AppError } from '../base/errors.ts';

describe('a hostile document', () => {
  it('ends in a problem, soon', async () => {
    const laughs = ['a: &a [x, x, x, x, x, x, x, x, x]'];
    for (let index = 1; index < 9; index++) {
      const [name, before] = [String.fromCharCode(97 + index), String.fromCharCode(96 + index)];
      laughs.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]`);
    }
    assert.match((await problemsOf(laughs.join('\n'))).join('\n'), /more than 100000 values/);
    assert.match((await problemsOf(`a: ${'['.repeat(50)}${']'.repeat(50)}`)).join('\n'), /more than 32 levels/);
    assert.ok((await problemsOf(`a: ${'['.repeat(100_000)}`)).length <= 51);
    assert.match((await problemsOf('a: &a\n  b: *a\n')).join('\n'), /levels|called|alias/);
    assert.match(
      (await problemsOf({ 'holdfast.yaml': new Uint8Array(1024 * 1024 + 1).fill(0x23) })).join(),
      /larger than/,
    );
    assert.match((await problemsOf({ 'holdfast.yaml': Uint8Array.of(0x61, 0xff) })).join(), /not text in UTF-8/);
  });

  it('never gives anything but a configuration or problems', async () => {
    const piece = fc.constantFrom(
      'vaults',
      'plans',
      'a',
      ': ',
      '\n',
      '\n  ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '*a',
      '&a ',
      '<<',
      '${X}',
      '"',
      "'",
      ', ',
      '5',
      '|',
      '!!str ',
      '#',
      '\t',
      '?',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 30 }), async (pieces) => {
        const result = await load(pieces.join(''), { X: 'x' }).catch((error: AppError) => error);
        assert.ok('config' in result || result.code === 'config', String(result));
      }),
      { numRuns: 300 },
    );
  });

  it('may use aliases and merge keys as they are meant', async () => {
    const { config } = await load(
      'vaults:\n  a: &a { url: /a, password: { value: x }, offsite: true }\n  b: { <<: *a, url: /b }\n  c: { <<: [*a], location: here }\n',
    );
    assert.deepEqual([config.vaults['b']!.url, config.vaults['b']!.offsite], ['/b', true]);
    assert.deepEqual([config.vaults['c']!.url, config.vaults['c']!.location], ['/a', 'here']);
    assert.match(
      (await problemsOf('vaults: { a: { <<: 5 } }')).join('\n'),
      /1:16: vaults\.a\.<<: expected an alias of a map/,
    );
  });
});
