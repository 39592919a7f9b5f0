/** What the daemon says of itself as it goes: one entry, for a line of JSON or of text. */
export type LogLevel = 'info' | 'warning' | 'error';

export interface LogFields {
  /** For people, without secrets. */
  text: string;
  [field: string]: string | number | boolean;
}

/** `event` is a word for programs: `run-begun`. */
export type Log = (level: LogLevel, event: string, fields: LogFields) => void;
