/** What was told, and what is still owed: in the ledger, and in memory for as long as the ledger cannot take it. */
import { type AppError, hasCode } from '../base/errors.ts';
import { NOTIFY_AGAIN_MS, NOTIFY_OWED_MAX } from '../base/limits.ts';
import type { Notice } from './model.ts';

/** What was told, or was to be told. */
export interface Sent {
  target: string;
  /** What it was about: `failure etc`. */
  key: string;
  sentMs: number;
  isDelivered: boolean;
}

/** What a target has not taken yet. */
export interface OwedRecord {
  id: number;
  target: string;
  /** The whole notice, as JSON. */
  notice: string;
  owedMs: number;
  triedMs: number;
  attempts: number;
}

/** The ledger's part in it. */
export interface NoticeRecord {
  noteSent(sent: Sent): void;
  /** The oldest first. */
  sent(query: { target?: string; sinceMs: number }): readonly Sent[];
  owe(record: Omit<OwedRecord, 'id'>): number;
  /** The oldest first. */
  owed(): readonly OwedRecord[];
  /** @returns whether no other process tried it meanwhile */
  claimOwed(record: Pick<OwedRecord, 'id' | 'triedMs'>, nowMs: number): boolean;
  settleOwed(ids: readonly number[]): void;
}

/** What was about to be written when the ledger failed. */
type OnProblem = (notice: Notice | undefined, error: AppError) => void;

interface Unwritten extends Sent {
  tale: string;
}

/** So many in memory at most; the oldest give way. */
const UNWRITTEN_MAX = 1_000;

/** A ledger that is broken is what people have to hear of, so it must not keep a notice from leaving: nothing here throws for it. */
export class Account {
  readonly #ledger: NoticeRecord;
  readonly #onProblem: OnProblem;
  readonly #unwritten: Unwritten[] = [];
  /** Their ids are below zero. */
  #owed: OwedRecord[] = [];
  /** Of what the ledger has: how often and when it was tried, or that it is settled, which could not be written. */
  readonly #changed = new Map<number, Pick<OwedRecord, 'triedMs' | 'attempts'> | 'settled'>();
  #lastId = 0;

  constructor(ledger: NoticeRecord, onProblem: OnProblem) {
    this.#ledger = ledger;
    this.#onProblem = onProblem;
  }

  note(notice: Notice, { target, isDelivered, nowMs }: { target: string; isDelivered: boolean; nowMs: number }): void {
    const sent = { target, key: keyOf(notice), sentMs: nowMs, isDelivered };
    const isWritten = this.#tried(notice, () => {
      for (const { tale: _, ...earlier } of this.#unwritten) this.#ledger.noteSent(earlier);
      this.#unwritten.length = 0;
      this.#ledger.noteSent(sent);
      return true;
    });
    if (isWritten) return;
    this.#unwritten.push({ ...sent, tale: taleOf(notice) });
    if (this.#unwritten.length > UNWRITTEN_MAX) this.#unwritten.shift();
  }

  /** The oldest first. */
  sent(notice: Notice | undefined, query: { target?: string; sinceMs: number }): Sent[] {
    const written = this.#tried(notice, () => this.#ledger.sent(query)) ?? [];
    const { target, sinceMs } = query;
    const isAsked = (each: Sent): boolean => each.sentMs >= sinceMs && (target === undefined || each.target === target);
    return [...written, ...this.#unwritten.filter(isAsked)];
  }

  /**
   * Whether the target was told the very same and the ledger could not take it down: who asks the ledger whether to tell
   * would tell it again each minute.
   */
  wasToldLately(notice: Notice, { target, nowMs }: { target: string; nowMs: number }): boolean {
    const tale = taleOf(notice);
    return this.#unwritten.some(
      (each) =>
        each.target === target &&
        each.tale === tale &&
        each.isDelivered &&
        each.sentMs > nowMs - NOTIFY_AGAIN_MS &&
        each.sentMs <= nowMs,
    );
  }

  /** @returns what gives way to it */
  owe(notice: Notice, { target, nowMs }: { target: string; nowMs: number }): OwedRecord[] {
    const record = { target, notice: JSON.stringify(notice), owedMs: nowMs, triedMs: nowMs, attempts: 1 };
    const id = this.#tried(notice, () => this.#ledger.owe(record));
    if (id === undefined) this.#owed.push({ ...record, id: --this.#lastId });
    const all = this.owed(notice).filter((each) => each.target === target);
    const over = all.slice(0, Math.max(0, all.length - NOTIFY_OWED_MAX));
    this.settle(notice, over);
    return over;
  }

  owed(notice?: Notice): OwedRecord[] {
    const written = this.#tried(notice, () => this.#ledger.owed()) ?? [];
    const known = written.flatMap((record) => {
      const change = this.#changed.get(record.id);
      return change === 'settled' ? [] : { ...record, ...change };
    });
    return [...known, ...this.#owed];
  }

  /** Takes down that all of them are tried now. @returns whether they are the caller's to try */
  claim(records: readonly OwedRecord[], nowMs: number): boolean {
    return records.every((record) => {
      const change = { triedMs: nowMs, attempts: record.attempts + 1 };
      const own = this.#owed.find(({ id }) => id === record.id);
      if (record.id < 0) return own?.triedMs === record.triedMs && Object.assign(own, change) === own;
      const isOurs = this.#tried(undefined, () => this.#ledger.claimOwed(record, nowMs));
      if (isOurs === undefined) this.#changed.set(record.id, change);
      else this.#changed.delete(record.id);
      return isOurs ?? true;
    });
  }

  settle(notice: Notice | undefined, records: readonly OwedRecord[]): void {
    const ids = records.map(({ id }) => id);
    this.#owed = this.#owed.filter(({ id }) => !ids.includes(id));
    for (const id of ids) if (id > 0) this.#changed.set(id, 'settled');
    const settled = [...this.#changed].filter(([, change]) => change === 'settled').map(([id]) => id);
    if (settled.length === 0) return;
    const isWritten = this.#tried(notice, () => {
      this.#ledger.settleOwed(settled);
      return true;
    });
    if (isWritten) for (const id of settled) this.#changed.delete(id);
  }

  #tried<T>(notice: Notice | undefined, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!hasCode(error, 'ledger-failed', 'storage-full')) throw error;
      this.#onProblem(notice, error);
      return undefined;
    }
  }
}

/** `failure etc`, `overdue vault main`, `failure cluster oss`, `summary` */
export function keyOf({ kind, plan, vault, cluster }: Notice): string {
  if (plan !== undefined) return `${kind} ${plan}`;
  if (cluster !== undefined) return `${kind} cluster ${cluster}`;
  return vault === undefined ? kind : `${kind} vault ${vault}`;
}

/** What messages about the same plan, task or trouble have in common. */
export function storyOf({ plan, story, title }: Notice): string {
  return plan === undefined ? `about ${story ?? title}\n` : `plan ${plan}\n`;
}

/** The same news of the same run, told twice. */
function taleOf(notice: Notice): string {
  return `${storyOf(notice)}${notice.kind} ${notice.facts['run'] ?? notice.facts['trouble'] ?? ''}`;
}
