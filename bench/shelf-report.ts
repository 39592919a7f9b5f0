/** What `bench/shelf.ts` measured, as the page `shelf-results.md`. Pure. */
import { tableOf } from '../scripts/table.ts';

/** A page is written only by a run of this size; smaller ones say nothing of archives. */
export const FULL_SIZE = '2G';

export interface ShelfMeasured {
  /** How many times as fast as the tools, the median of the pairs. */
  ratios: Readonly<Record<'transfer' | 'check', number>>;
  size: string;
  rounds: number;
  cores: number;
  /** The day on which the program wrote it; undefined where the figures were copied from what a run had printed. */
  writtenOn: string | undefined;
}

const AGAINST = {
  transfer: 'over ssh on loopback, against `scp`, then `md5sum` and `sha256sum` at both ends',
  check: 'against `md5sum` and `sha256sum` at the same time',
};

export function shelfReport({ ratios, size, rounds, cores, writtenOn }: ShelfMeasured): string {
  const rows = (['transfer', 'check'] as const).map((name) => [name, ratios[name].toFixed(2), AGAINST[name]]);
  return [
    '# The archive shelf beside the usual tools',
    '',
    `Of \`node bench/shelf.ts --size ${size} --rounds ${rounds}\`: one archive of ${size} in memory, ${cores} cores; each number is the median of ${rounds} pairs.`,
    writtenOn === undefined
      ? 'Copied from what the last documented run printed; the program has not written this page yet.'
      : `Written by the program on ${writtenOn}.`,
    '',
    tableOf(['command', 'times as fast', 'how'], rows),
  ].join('\n');
}

/** What such a page says. @returns undefined when it is none */
export function readShelfReport(text: string): ShelfMeasured | undefined {
  const [, size, rounds] = /--size (\S+) --rounds (\d+)`/.exec(text) ?? [];
  const [, cores] = /, (\d+) cores;/.exec(text) ?? [];
  const [transfer, check] = ['transfer', 'check'].map(
    (name) => new RegExp(`^\\| ${name} +\\| (\\d+\\.\\d+) `, 'm').exec(text)?.[1],
  );
  if (size === undefined || cores === undefined || transfer === undefined || check === undefined) return undefined;
  return {
    ratios: { transfer: Number(transfer), check: Number(check) },
    size,
    rounds: Number(rounds),
    cores: Number(cores),
    writtenOn: /^Written by the program on (.+)\.$/m.exec(text)?.[1],
  };
}
