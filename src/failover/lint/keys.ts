/** `authkeys`. Nothing here repeats a key. */
import { heartbeat } from '../../cluster.ts';
import { topOf } from './facts.ts';
import type { Configuration, LintNode, Remark } from './model.ts';

/** Keys of manuals and examples, in small letters without anything but letters and digits. */
const WELL_KNOWN =
  /^(?:hi|hello|secret|password|changeme|testing|test|mysecretkey|(?:put)?(?:your|my)(?:super)?secretkey(?:here)?)\d*$/;
const KEY_LENGTH_LEAST = 16;
const OTHERS = 0o077;
/** For any of these Heartbeat does not start. */
const OTHERS_READ = 0o044;

export function keyMode({ authkeys, name }: LintNode): Remark[] {
  if (authkeys.kind !== 'read' || authkeys.mode === undefined || (authkeys.mode & OTHERS) === 0) return [];
  const mode = authkeys.mode.toString(8).padStart(4, '0');
  const isRefused = (authkeys.mode & OTHERS_READ) !== 0;
  return [
    {
      level: 'error',
      place: topOf(authkeys.path),
      text: `mode ${mode} on ${name}: others than root ${isRefused ? 'can read the key, and Heartbeat does not start' : 'can change or run the file'}`,
      remedy: 'chmod 0600 authkeys; where others could read it, change the key on all nodes.',
    },
  ];
}

export function keyOwner({ authkeys, name }: LintNode): Remark[] {
  if (authkeys.kind !== 'read' || authkeys.uid === undefined || authkeys.uid === 0) return [];
  return [
    {
      level: 'error',
      place: topOf(authkeys.path),
      text: `the owner on ${name} is not root but user ${authkeys.uid}, who can read and change the key`,
      remedy: 'chown root:root authkeys',
    },
  ];
}

export function keyCrc({ authkeys, settings }: Configuration): Remark[] {
  const key = activeKey(authkeys);
  const networks = settings.media.filter(({ kind }) => kind !== 'serial');
  if (key?.method !== 'crc' || networks.length === 0) return [];
  return [
    {
      level: 'error',
      place: key.place,
      text: `crc protects against nobody, and heartbeats go over ${networks[0]!.args[0]}`,
      remedy: `Use sha1 with a random key on all nodes: ${key.id} sha1 KEY`,
    },
  ];
}

export function keyGuessable({ authkeys }: Configuration): Remark[] {
  const key = activeKey(authkeys);
  const text = key === undefined ? undefined : heartbeat.keyTextOf(authkeys!, key.id);
  if (key === undefined || text === undefined) return [];
  const isKnown = WELL_KNOWN.test(text.toLowerCase().replace(/[^a-z0-9]/g, ''));
  if (!isKnown && text.length >= KEY_LENGTH_LEAST) return [];
  return [
    {
      level: isKnown ? 'error' : 'warning',
      place: key.place,
      text: isKnown
        ? `key ${key.id} is one of those that stand in examples`
        : `key ${key.id} is shorter than ${KEY_LENGTH_LEAST} characters`,
      remedy: 'Make a random one, the same on all nodes: dd if=/dev/urandom bs=24 count=1 | base64',
    },
  ];
}

function activeKey(authkeys: heartbeat.Authkeys | undefined): heartbeat.HaKey | undefined {
  return authkeys?.keys.find(({ id }) => id === authkeys.active);
}
