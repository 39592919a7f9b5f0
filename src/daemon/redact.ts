/** Keeps secrets out of everything that is written: what was read as a secret is replaced wherever it turns up. */

const HIDDEN = '(hidden)';
/** Shorter ones would hide ordinary words, and are no secrets. */
const LENGTH_MIN = 4;

export class Redactor {
  #secrets: string[] = [];

  /** Takes down what must not be seen. @returns it */
  hide(secret: string): string {
    // A program may print one line of a secret of several.
    const parts = [secret, ...secret.split('\n')]
      .map((part) => part.trim())
      .filter((part) => part.length >= LENGTH_MIN);
    const all = new Set([...this.#secrets, ...parts]);
    // Longer ones first: one secret may be a part of another.
    this.#secrets = [...all].sort((a, b) => b.length - a.length);
    return secret;
  }

  clean(text: string): string {
    return this.#secrets.reduce((shown, secret) => shown.replaceAll(secret, HIDDEN), text);
  }
}
