import { AppError } from '../base/errors.ts';

/** A span by the calendar. A month is as long as the month it falls in. */
export interface Duration {
  years: number;
  months: number;
  days: number;
  hours: number;
}

const FORM = /^\s*(?:(?:\d+[ymdh])+)?\s*$/;

/**
 * Reads spans like `2y5m7d3h`: whole numbers with the units y, m (months), d, h in any order. The last one counts when a
 * unit comes twice. @throws {AppError} `usage`
 */
export function parseDuration(text: string): Duration {
  if (!FORM.test(text))
    throw new AppError('usage', { detail: `not a duration: ${text}`, hint: 'Write durations like 2y5m7d3h.' });
  const amount = (unit: string) => Number(text.match(new RegExp(`(\\d+)${unit}(?!.*\\d${unit})`))?.[1] ?? 0);
  return { years: amount('y'), months: amount('m'), days: amount('d'), hours: amount('h') };
}

/** The shortest text `parseDuration` reads as the same; empty for no time at all. */
export function formatDuration({ years, months, days, hours }: Duration): string {
  const part = (amount: number, unit: string) => (amount === 0 ? '' : `${amount}${unit}`);
  return part(years, 'y') + part(months, 'm') + part(days, 'd') + part(hours, 'h');
}

export function isZero({ years, months, days, hours }: Duration): boolean {
  return years === 0 && months === 0 && days === 0 && hours === 0;
}
