/** Places in configuration files: what every parser of this layer says of where something stands. */

/** Where something stands in a configuration file; both count from 1. */
export interface Place {
  file: string;
  line: number;
  column: number;
}

/** What could not be understood; parsing goes on, so that all of it can be told at once. */
export interface SyntaxProblem {
  place: Place;
  text: string;
  remedy: string;
}
