import { inspect } from 'node:util';

const HIDDEN = '[hidden]';

/**
 * A value that must never be printed: in text, JSON and inspection it is `[hidden]`. Only who writes it to where it is
 * needed reveals it.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}
