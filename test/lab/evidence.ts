/** Proof that what was written to a shared disk before a fault is there after it. */
import assert from 'node:assert/strict';
import type { Host } from './host.ts';
import type { Lun } from './lun.ts';
import { directoryOf } from './pacemaker-configuration.ts';

/** Lines appended to a file of the LUN, each on disk before it counts. */
export class Evidence {
  readonly lun: Lun;
  readonly #lines: string[] = [];

  constructor(lun: Lun) {
    this.lun = lun;
  }

  /** On the host that has it mounted. */
  async write(host: Host): Promise<void> {
    const line = `${this.#lines.length} by ${host.name}`;
    const file = `${directoryOf(this.lun)}/evidence`;
    await host.must(['sh', '-c', 'cat >>"$0" && sync "$0"', file], { input: `${line}\n` });
    this.#lines.push(line);
  }

  /** Everything that was written is there, and nothing else. */
  async check(host: Host): Promise<void> {
    assert.ok(this.#lines.length > 0, 'nothing was written');
    const text = await host.must(['cat', `${directoryOf(this.lun)}/evidence`]);
    assert.equal(text, this.#lines.map((line) => `${line}\n`).join(''));
  }
}
