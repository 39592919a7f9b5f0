/** Reporter of one test file for `suite.ts`: one JSON line for each test that ended. */
import type { TestEvent } from 'node:test/reporters';

export interface Ended {
  name: string;
  result: 'pass' | 'fail' | 'skipped' | 'todo';
  suite: boolean;
  /** Why it was skipped, or how it failed. */
  text: string;
}

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events)
    if (event.type === 'test:pass' || event.type === 'test:fail') yield `${JSON.stringify(endedOf(event))}\n`;
}

function endedOf({ type, data }: Extract<TestEvent, { type: 'test:pass' | 'test:fail' }>): Ended {
  const base = { name: data.name, suite: data.details.type === 'suite' };
  if (data.skip !== undefined)
    return { ...base, result: 'skipped', text: typeof data.skip === 'string' ? data.skip : 'no reason given' };
  if (data.todo !== undefined) return { ...base, result: 'todo', text: '' };
  if (type === 'test:pass') return { ...base, result: 'pass', text: '' };
  const error = data.details.error;
  // A suite fails because of what is in it, which is reported itself.
  const cause = error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : error.message;
  return { ...base, result: 'fail', text: `${data.file}:${data.line}\n${withoutRunner(cause)}` };
}

/** A stack without the frames of the test runner itself. */
function withoutRunner(stack: string): string {
  return stack.replace(/^\s+at .*(?:node:internal|node:async_hooks).*\n?/gm, '').trimEnd();
}
