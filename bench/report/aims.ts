/** The aims, and how far each was reached. */
import { OPERATIONS, type Operation } from '../cases.ts';
import type { Results, Round } from '../results.ts';
import { betterPeerRatios, limitShares, memoryPeakMiB, OURS, spread } from './ratios.ts';

const RATIO_AIMS: Partial<Record<Operation, number>> = { first: 2.5, unchanged: 8, restore: 2.5, check: 1.5 };
const LIMIT_AIM = 0.75;
const MEMORY_OVER_RESTIC_MIB = 150;

export interface AimRow {
  aim: string;
  where: string;
  measured: string;
  verdict: string;
}

export function aimRows({ cases }: Results): AimRow[] {
  const places = Object.entries(cases).flatMap(([name, { operations }]) =>
    OPERATIONS.map((operation) => ({ name, operation, rounds: operations[operation]?.rounds ?? [] })),
  );
  const measured = places.filter(({ rounds }) => rounds.length > 0);
  return [
    ...OPERATIONS.flatMap((operation) =>
      measured
        .filter((place) => place.operation === operation)
        .flatMap(({ name, rounds }) => ratioRow(name, operation, rounds)),
    ),
    ...measured.flatMap(({ name, operation, rounds }) => limitRow(name, operation, rounds)),
    ...measured.map(({ name, operation, rounds }) => memoryRow(name, operation, rounds)),
  ];
}

function ratioRow(where: string, operation: Operation, rounds: Round[]): AimRow[] {
  const aim = RATIO_AIMS[operation];
  if (aim === undefined) return [];
  const { median } = spread(betterPeerRatios(rounds));
  const text = `${operation}: at least ${aim} × the better peer`;
  return [{ aim: text, where, measured: `${median.toFixed(2)} ×`, verdict: atLeast(median, aim) }];
}

function limitRow(where: string, operation: Operation, rounds: Round[]): AimRow[] {
  const shares = limitShares(rounds);
  if (shares.length === 0) return [];
  const { median } = spread(shares);
  const aim = `${operation}: at least ${100 * LIMIT_AIM} % of the arithmetic limit`;
  return [{ aim, where, measured: `${(100 * median).toFixed(0)} %`, verdict: atLeast(median, LIMIT_AIM) }];
}

function memoryRow(where: string, operation: Operation, rounds: Round[]): AimRow {
  const over = memoryPeakMiB(rounds, OURS) - memoryPeakMiB(rounds, 'restic');
  const excess = over - MEMORY_OVER_RESTIC_MIB;
  return {
    aim: `${operation}: memory at most restic's + ${MEMORY_OVER_RESTIC_MIB} MiB`,
    where,
    measured: `${over < 0 ? '−' : '+'}${Math.abs(over).toFixed(0)} MiB`,
    verdict: excess <= 0 ? 'met' : `**missed** by ${excess.toFixed(0)} MiB`,
  };
}

/** The aim is judged by what was measured, not by what the rounded number looks like. */
function atLeast(value: number, aim: number): string {
  return value >= aim ? 'met' : `**missed** by ${(100 * (1 - value / aim)).toFixed(1)} %`;
}
