/** A notifier with targets and a ledger in memory, and a clock that stands still. */
import { AppError } from '../src/base/errors.ts';
import { simulated } from '../src/host.ts';
import {
  createNotifier,
  type Notice,
  type NoticeKind,
  type NotifierOptions,
  type Severity,
  type Target,
} from '../src/notify.ts';

export const HOUR_MS = 60 * 60_000;
export const START_MS = 1_000 * HOUR_MS;
export const never = new AbortController().signal;

type Sent = Parameters<NotifierOptions['record']['noteSent']>[0];
type Owed = ReturnType<NotifierOptions['record']['owed']>[number];

/** A ledger's part in it, in memory. */
export class FakeRecord {
  readonly all: Sent[] = [];
  owing: Owed[] = [];
  failure: Error | undefined;
  #lastId = 0;

  owe(record: Omit<Owed, 'id'>): number {
    if (this.failure !== undefined) throw this.failure;
    this.owing.push({ ...record, id: ++this.#lastId });
    return this.#lastId;
  }

  owed(): Owed[] {
    if (this.failure !== undefined) throw this.failure;
    return this.owing;
  }

  claimOwed({ id, triedMs }: Pick<Owed, 'id' | 'triedMs'>, nowMs: number): boolean {
    if (this.failure !== undefined) throw this.failure;
    const found = this.owing.find((each) => each.id === id && each.triedMs === triedMs);
    if (found === undefined) return false;
    this.owing = this.owing.map((each) =>
      each === found ? { ...each, triedMs: nowMs, attempts: each.attempts + 1 } : each,
    );
    return true;
  }

  settleOwed(ids: readonly number[]): void {
    if (this.failure !== undefined) throw this.failure;
    this.owing = this.owing.filter(({ id }) => !ids.includes(id));
  }

  noteSent(sent: Sent): void {
    if (this.failure !== undefined) throw this.failure;
    this.all.push(sent);
  }

  sent({ target, sinceMs }: { target?: string; sinceMs: number }): Sent[] {
    if (this.failure !== undefined) throw this.failure;
    return this.all.filter((each) => each.sentMs >= sinceMs && (target === undefined || each.target === target));
  }
}

/** One who takes every message, unless `answer` throws or waits. */
export class FakeTarget implements Target {
  readonly name: string;
  readonly got: Notice[] = [];
  attempts = 0;
  kinds: readonly NoticeKind[] = ['failure', 'recovery', 'summary', 'test'];
  answer: (attempt: number, signal: AbortSignal) => void | Promise<void> = () => undefined;

  constructor(name: string) {
    this.name = name;
  }

  wants(kind: NoticeKind): boolean {
    return this.kinds.includes(kind);
  }

  async send(notice: Notice, signal: AbortSignal): Promise<void> {
    this.attempts++;
    await this.answer(this.attempts, signal);
    this.got.push(notice);
  }
}

export function setUp({ atMost = 20, routes = [] }: { atMost?: number; routes?: NotifierOptions['routes'] } = {}) {
  const clock = simulated.fixedClock(START_MS);
  const record = new FakeRecord();
  const [admins, chat] = [new FakeTarget('admins'), new FakeTarget('chat')];
  const problems: { target: string | undefined; code: string }[] = [];
  const notifier = createNotifier({
    targets: new Map([admins, chat].map((target) => [target.name, { target, atMost }])),
    ...{ routes, record, clock },
    onProblem: ({ target, error }) => void problems.push({ target, code: error.code }),
  });
  const tell = (notice: Notice, ofPlan?: string[], signal = never) => notifier.tell(notice, { ofPlan }, signal);
  const tellOwed = (sinceMs?: number) => notifier.tellOwed(sinceMs, never);
  return { clock, record, admins, chat, problems, tell, tellOwed };
}

export function notice(kind: NoticeKind = 'failure', severity: Severity = 'critical', plan = 'etc'): Notice {
  return {
    kind,
    severity,
    plan,
    title: `plan ${plan}`,
    lines: ['a line'],
    hostname: 'h',
    atMs: START_MS,
    facts: { n: 1 },
  };
}

export const busy = () => new AppError('notify-failed', { detail: 'busy' });
export const refused = () => new AppError('notify-refused', { detail: 'no' });
