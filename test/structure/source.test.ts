import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { exportsOf, functionsOf, hiddenImports, importsOf, mask } from './source.ts';

const SAMPLE = `/** import { no } from './comment.ts' */
import type { A } from './a.ts';
import {
  type B,
  type C as D,
} from "./b.ts";
import e, { f } from 'e'; // import './no.ts'
import './bare.ts';
export { g, type H as I } from './g.ts';
export * from './star.ts';
const late = () => import('./late.ts');
const text = \`import '\${late ? 'x' : \`}\`}' from './no.ts'\`;
const pattern = /['"\`{/]+[/']/g, half = 4 / 2 / 1;
new Worker(new URL('./seal-worker.ts', import.meta.url));
const hidden = import(text);
export const j = 1;
export async function* k(): AsyncIterable<{ a: number }> {
  yield { a: 1 };
}
class L {
  #m(a: string,
     b = (c: number) => { return c; }): { x: number } | undefined {
    if (a) {
      return undefined;
    }
  }
  n(): asserts this is L { }
  abstract o(): void;
}
export function p(a: string): void;
`;

describe('source reader', () => {
  it('sees imports of every form and none in comments, strings and templates', () => {
    assert.deepEqual(
      importsOf(SAMPLE).map(({ target, typeOnly, names }) => [target, typeOnly, names.join()]),
      [
        ['./a.ts', true, 'A'],
        ['./b.ts', true, 'B,C'],
        ['e', false, 'f'],
        ['./bare.ts', false, ''],
        ['./g.ts', false, 'g,H'],
        ['./star.ts', false, ''],
        ['./late.ts', false, ''],
        ['./seal-worker.ts', false, ''],
      ],
    );
    assert.deepEqual(hiddenImports(SAMPLE), [15]);
  });

  it('keeps positions and lines', () => {
    assert.equal(mask(SAMPLE).length, SAMPLE.length);
    assert.equal(mask(SAMPLE).split('\n').length, SAMPLE.split('\n').length);
    assert.match(mask(SAMPLE), /half = 4 \/ 2 \/ 1;/);
  });

  it('lists exports under the names others see', () => {
    assert.deepEqual(exportsOf(SAMPLE), ['j', 'k', 'p', 'g', 'I']);
  });

  it('measures functions and methods, whatever their types look like', () => {
    assert.deepEqual(
      functionsOf(SAMPLE).map(({ name, line, lines }) => [name, line, lines]),
      [
        ['k', 17, 3],
        ['#m', 21, 6],
        ['n', 27, 1],
        ['=>', 22, 1],
      ],
    );
  });
});
