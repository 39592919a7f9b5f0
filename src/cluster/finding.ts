import type { Place } from './place.ts';

/** One thing that is wrong or unsafe in a configuration, with what to do about it. */
export interface Finding {
  /** Name of the check, stable over versions: `deadtime-short`. */
  code: string;
  /** An `error` breaks or endangers a takeover, a `warning` may, a `note` is to be known. */
  level: 'error' | 'warning' | 'note';
  place: Place;
  text: string;
  remedy: string;
}
