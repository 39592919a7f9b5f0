/** Decorator for tests and simulations: a storage that goes wrong on request, by script or by seed, always the same way. */
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../base/errors.ts';
import type { FileKind, FileRef, LoadOptions, Storage, StoredFile } from '../storage.ts';
import { type Fault, FaultPlan, type FaultPlanOptions, type StorageCall } from './fault-plan.ts';
import { pathOf } from './layout.ts';

export interface FaultOptions extends FaultPlanOptions {
  /**
   * The process "dies" at the n-th mutation (create, save, replace, remove; from 1): this call and every later one of
   * any sort throws `failed`. The n-th mutation is not done, or done when `after` is set.
   */
  crash?: { mutation: number; after?: boolean };
  /** Puts what a torn write leaves where this storage would leave it; nothing is left when absent. */
  tear?(ref: FileRef, part: Uint8Array): Promise<void>;
  pause?(ms: number): Promise<unknown>;
}

export interface FaultStorage extends Storage {
  /** Mutations begun so far; a run without faults tells how many crash points there are. */
  readonly mutations: number;
  /** Faults that struck so far, the crash included; a test that expects some sees here that it met them. */
  readonly struck: number;
}

export function faultStorage(inner: Storage, options: FaultOptions = {}): FaultStorage {
  return new Faulty(inner, options);
}

interface Call {
  call: StorageCall;
  /** Absent for `create`. */
  ref?: FileRef;
  signal?: AbortSignal | undefined;
}

type Effects = ReadonlySet<Fault['effect']>;

class Faulty implements FaultStorage {
  readonly #inner: Storage;
  readonly #options: FaultOptions;
  readonly #plan: FaultPlan;
  readonly #closing = new AbortController();
  #isDead = false;
  #mutations = 0;
  #struck = 0;

  constructor(inner: Storage, options: FaultOptions) {
    this.#inner = inner;
    this.#options = options;
    this.#plan = new FaultPlan(options);
  }

  get url(): string {
    return this.#inner.url;
  }

  get connections(): number {
    return this.#inner.connections;
  }

  get listsAtOnce(): boolean {
    return this.#inner.listsAtOnce;
  }

  get mutations(): number {
    return this.#mutations;
  }

  get struck(): number {
    return this.#struck;
  }

  async create(): Promise<void> {
    await this.#mutate({ call: 'create' }, () => this.#inner.create());
  }

  async *list(kind: FileKind, signal?: AbortSignal): AsyncIterable<StoredFile> {
    const effects = await this.#meet({ call: 'list', ref: { kind, name: '' }, signal });
    for await (const file of this.#inner.list(kind, signal)) {
      this.#assertAlive();
      yield file;
      if (effects.has('short')) throw injected(`listing of ${kind} files broke`);
    }
    if (effects.has('short') || effects.has('lost-answer')) throw injected(`listing of ${kind} files broke`);
  }

  async stat(ref: FileRef): Promise<StoredFile> {
    return await this.#request({ call: 'stat', ref }, () => this.#inner.stat(ref));
  }

  async load(ref: FileRef, options: LoadOptions = {}): Promise<Uint8Array> {
    return await this.#request({ call: 'load', ref, signal: options.signal }, async (effects) => {
      const bytes = await this.#inner.load(ref, options);
      if (effects.has('short')) throw new AppError('file-damaged', { detail: `${pathOf(ref)} ends early (injected)` });
      if (effects.has('flip')) this.#flip(bytes);
      return bytes;
    });
  }

  async save(ref: FileRef, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    await this.#write({ call: 'save', ref, signal }, bytes, (stored) => this.#inner.save(ref, stored, signal));
  }

  async replace(ref: FileRef, bytes: Uint8Array): Promise<void> {
    await this.#write({ call: 'replace', ref }, bytes, (stored) => this.#inner.replace(ref, stored));
  }

  async remove(ref: FileRef): Promise<void> {
    await this.#mutate({ call: 'remove', ref }, () => this.#inner.remove(ref));
  }

  async sweep(): Promise<number> {
    this.#assertAlive();
    return await this.#inner.sweep();
  }

  /** Ends what is hanging, with `storage-failed`. */
  async close(): Promise<void> {
    this.#closing.abort(injected('closed while a request was hanging'));
    await this.#inner.close();
  }

  async #write(
    call: Call & { ref: FileRef },
    bytes: Uint8Array,
    store: (stored: Uint8Array) => Promise<void>,
  ): Promise<void> {
    const half = bytes.subarray(0, bytes.length >> 1);
    await this.#mutate(call, async (effects) => {
      if (effects.has('torn')) {
        await this.#options.tear?.(call.ref, half);
        throw injected(`${pathOf(call.ref)} was written only in part`);
      }
      await store(effects.has('truncate') ? half : bytes);
    });
  }

  async #mutate(call: Call, work: (effects: Effects) => Promise<void>): Promise<void> {
    this.#assertAlive();
    this.#mutations++;
    const { crash } = this.#options;
    if (crash === undefined || this.#mutations < crash.mutation) return await this.#request(call, work);
    this.#isDead = true;
    this.#struck++;
    if (crash.after) await work(new Set());
    this.#assertAlive();
  }

  async #request<T>(call: Call, work: (effects: Effects) => Promise<T>): Promise<T> {
    const effects = await this.#meet(call);
    const result = await work(effects);
    this.#assertAlive();
    if (effects.has('lost-answer')) throw injected(`${call.call} was done, but the answer was lost`);
    return result;
  }

  /** Waits and throws as the plan says. @returns the effects that are left for the call itself */
  async #meet({ call, ref, signal }: Call): Promise<Effects> {
    this.#assertAlive();
    signal?.throwIfAborted();
    const faults = this.#plan.next(call, ref?.kind);
    this.#struck += faults.length;
    for (const fault of faults) {
      if (fault.effect === 'slow') await (this.#options.pause ?? sleep)(fault.ms);
      if (fault.effect === 'hang') await this.#hang(signal);
      if (fault.effect === 'fail')
        throw new AppError(fault.code, { detail: `${call} ${ref?.kind ?? ''} ${ref?.name ?? ''} (injected)` });
    }
    this.#assertAlive();
    return new Set(faults.map((fault) => fault.effect));
  }

  async #hang(signal: AbortSignal | undefined): Promise<never> {
    const ended = AbortSignal.any([this.#closing.signal, ...(signal === undefined ? [] : [signal])]);
    if (!ended.aborted) await new Promise((resolve) => ended.addEventListener('abort', resolve, { once: true }));
    throw ended.reason;
  }

  #flip(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const at = this.#plan.pick(bytes.length);
    bytes[at] = bytes[at]! ^ (1 << this.#plan.pick(8));
  }

  #assertAlive(): void {
    if (this.#isDead) throw new AppError('failed', { detail: 'the process died here (injected)' });
  }
}

function injected(what: string): AppError {
  return new AppError('storage-failed', { detail: `${what} (injected)` });
}
