/** The page about the archive shelf and its measurements: figures stand where a program writes them, and nowhere else. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { readShelfReport, shelfReport } from '../../bench/shelf-report.ts';

const textOf = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

describe('measurements of the archive shelf', () => {
  it('stand in a page of the form that the program writes', () => {
    const text = textOf('bench/shelf-results.md');
    const measured = readShelfReport(text);
    assert.ok(measured !== undefined, text);
    assert.equal(shelfReport(measured), text);
    const { ratios } = measured;
    const written = shelfReport({ ratios, size: '2G', rounds: 5, cores: 4, writtenOn: '2026-11-21' });
    assert.equal(readShelfReport(written)?.writtenOn, '2026-11-21');
    assert.match(written, /^Written by the program on 2026-11-21\.$/m);
  });

  it('are not quoted on the page, which leads there', () => {
    const page = textOf('docs/shelf.md');
    const [, section] = /^## How fast\n([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(page) ?? [];
    assert.match(section ?? '', /\(\.\.\/bench\/shelf-results\.md\)/);
    assert.doesNotMatch(section!.replaceAll(/`[^`]*`|\([^)]*\)/g, ''), /\d|times as fast/);
    const ratios = [...page.matchAll(/\b\d+ ?\/ ?\d+\.\d+|\b\d+\.\d+ ?(?:×|times)/g)].map(([quoted]) => quoted);
    assert.deepEqual(ratios, []);
  });
});
