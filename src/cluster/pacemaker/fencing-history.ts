/** `stonith_admin --history`, for clusters whose crm_mon does not tell it. */
import { FENCING_EVENTS_MAX } from '../../base/cluster-limits.ts';
import type { FencingEvent } from '../state.ts';

import { fencingEventsOf, throwStatus } from './crm-mon.ts';
import { readMachineXml, unclear } from './machine-xml.ts';
import { timeOf } from './values.ts';

/** What Pacemaker 1.1 prints, a sentence an event. */
const DONE = /^(?:(\S+) was|We were) able to (\S+(?: \S+)?) node (\S+) on behalf of (\S+)(?: from (\S+))? at (.+)$/;
const FAILED = /^(\S+) failed to (\S+(?: \S+)?) node (\S+) on behalf of (\S+)(?: from (\S+))? at (.+)$/;
/** Pacemaker 2: `turning off of n2 failed: delegate=n1, client=…, origin=…, completed='…'`. */
const TOLD = /^(.+) of (\S+) (failed|successful|pending)\b[^:]*: (.*)$/;
const TOTAL = /^(?:\d+|no) events found$/i;
const WISHED = /^(\S+)(?: at (\S+))? wishes to (\S+(?: \S+)?) node (\S+)/;

/** @throws {AppError} `cluster-unclear`; `cluster-down`, `cluster-denied` as the document says */
export function readFencingHistory(text: string, program = 'stonith_admin --history'): FencingEvent[] {
  if (!text.trimStart().startsWith('<')) return readSentences(text, program);
  const root = readMachineXml(text, program);
  if (root.name !== 'pacemaker-result') throw unclear(program, `printed <${root.name}>, which is not known`);
  throwStatus(root, program);
  return fencingEventsOf(root);
}

function readSentences(text: string, program: string): FencingEvent[] {
  const lines = text.split('\n').map((line) => line.trim());
  const told = lines.filter((line) => line !== '' && !TOTAL.test(line)).map((line) => sentenceOf(line) ?? line);
  const strange = told.find((each) => typeof each === 'string');
  if (strange !== undefined) throw unclear(program, `printed a line that is not known: ${strange.slice(0, 100)}`);
  return told.filter((each) => typeof each !== 'string').slice(0, FENCING_EVENTS_MAX);
}

function sentenceOf(line: string): FencingEvent | undefined {
  const told = TOLD.exec(line);
  if (told !== null) return toldOf(told);
  const done = DONE.exec(line);
  const match = done ?? FAILED.exec(line);
  if (match !== null) {
    const [, delegate, action, target, client, origin, at] = match;
    return {
      target: target!,
      action: actionOf(action!),
      status: done === null ? 'failed' : 'success',
      delegate: delegate === 'We' ? undefined : delegate,
      client: client!,
      origin: origin ?? '',
      reason: '',
      completed: timeOf(at),
    };
  }
  const wished = WISHED.exec(line);
  if (wished === null) return undefined;
  const [, client, origin = '', action, target] = wished;
  const pending = { status: 'pending', delegate: undefined, reason: '', completed: undefined } as const;
  return { ...pending, target: target!, action: actionOf(action!), client: client!, origin };
}

function toldOf([, action, target, status, rest]: readonly string[]): FencingEvent {
  const field = (name: string): string | undefined => new RegExp(`\\b${name}='?([^',]+)`).exec(rest ?? '')?.[1];
  return {
    target: target ?? '',
    action: actionOf(action ?? ''),
    status: status === 'successful' ? 'success' : status === 'failed' ? 'failed' : 'pending',
    delegate: field('delegate'),
    client: field('client') ?? '',
    origin: field('origin') ?? '',
    reason: field('exit-reason') ?? '',
    completed: timeOf(field('completed') ?? field('last-failed') ?? field('last-successful')),
  };
}

/** `turning off` and `turn off` are off, `unfencing` is on. */
function actionOf(words: string): string {
  return words === 'unfencing' ? 'on' : words.replace(/^turn(?:ing)? /, '').trim();
}
