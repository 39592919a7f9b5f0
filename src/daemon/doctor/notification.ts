/** Whether those who are to hear of trouble could be told. Nothing is sent. */
import { AppError } from '../../base/errors.ts';
import { type Config, type Secret, toldOf } from '../../config.ts';
import { tryTarget } from '../../notify.ts';
import type { RunWorld } from '../model.ts';
import { revealSecret, type SecretParts } from '../secrets.ts';
import { optionsOf, secretsOfTarget } from '../tell.ts';
import { doubtful, type Finding, fine, wrong } from './finding.ts';

export async function examineTarget(world: RunWorld, name: string, secrets: SecretParts): Promise<Finding[]> {
  const { config, clock, identity } = world;
  const target = config.notifications.targets[name]!;
  const { signal } = secrets;
  try {
    const revealed = new Map<Secret, string>();
    for (const secret of secretsOfTarget(target)) revealed.set(secret, await revealSecret(secret, secrets));
    const options = optionsOf(name, target, (secret) => revealed.get(secret)!);
    const found = await tryTarget(options, { clock, hostname: identity.hostname, signal });
    return [fine('notification', name, found)];
  } catch (error) {
    if (!(error instanceof AppError) || signal.aborted) throw error;
    const words = { text: error.message, remedy: error.hint };
    return [(isUsed(config, name) ? wrong : doubtful)('notification', name, words)];
  }
}

/** Whether somebody counts on it: it would hear of a failure of some plan, of some vault, or of Holdfast itself. */
function isUsed(config: Config, name: string): boolean {
  const subjects = [
    ...Object.keys(config.plans).map((plan) => ({ plan })),
    ...Object.keys(config.vaults).map((vault) => ({ vault })),
    ...Object.keys(config.clusters).map((cluster) => ({ cluster })),
    {},
  ];
  return subjects.some((subject) => toldOf(config, subject).includes(name));
}
