/** Programs in the place of the system's, found first by everything that this process starts. */
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class PlayedPrograms implements Disposable {
  /** Where they lie, and what they read; nothing else is in it. */
  readonly folder: string;
  /** `PATH` without them. */
  readonly path: string;

  constructor() {
    this.path = process.env['PATH'] ?? '';
    this.folder = mkdtempSync(join(tmpdir(), 'holdfast-played-bin-'));
    process.env['PATH'] = `${this.folder}:${this.path}`;
  }

  [Symbol.dispose](): void {
    process.env['PATH'] = this.path;
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A program from now on. @param body of a shell script */
  play(name: string, body: string): void {
    const file = join(this.folder, name);
    writeFileSync(file, `#!/bin/sh\n${body}\n`);
    chmodSync(file, 0o755);
  }

  /** One that prints what is in that file now. */
  playFile(name: string, from: string): void {
    const copy = join(this.folder, `${name}.printed`);
    cpSync(from, copy);
    this.play(name, `cat '${copy}'`);
  }

  /** To the system's own again. */
  forget(...names: string[]): void {
    for (const name of names) rmSync(join(this.folder, name), { force: true });
  }

  /** What the played programs wrote down in `file`; empty when nothing. */
  written(file: string): string {
    const path = join(this.folder, file);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }
}
