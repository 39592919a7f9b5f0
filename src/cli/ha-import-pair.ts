/** A pair that the configuration describes, as `ha import` takes it. */
import { AppError } from '../base/errors.ts';
import { stonith } from '../cluster.ts';
import type { Config, Secret } from '../config.ts';
import { imports } from '../failover.ts';
import { systemProcesses } from '../host.ts';
import type { Context } from './context.ts';
import { suggestion } from './suggest.ts';

type Pair = Config['failover'][string];

/** @throws {AppError} `config` when there is no such pair, or it contradicts itself; `secret-missing` */
export async function planOfPair(context: Context, name: string): Promise<imports.ImportPlan> {
  const { configFile, environment, signal } = context;
  const { loadConfig, readSecret } = await import('../config.ts');
  const { config } = await loadConfig({ file: configFile, environment });
  const pair = config.failover[name];
  if (pair === undefined) {
    const known = Object.keys(config.failover);
    throw new AppError('config', {
      detail: `failover has no ${name} in ${configFile}`,
      hint: suggestion(name, known) ?? `There ${known.length === 0 ? 'is none' : `are ${known.join(', ')}`}.`,
    });
  }
  const reveal = async (secret: Secret): Promise<stonith.Secret> =>
    new stonith.Secret(await readSecret(secret, { environment, processes: systemProcesses, signal }));
  const [plan] = imports.importFromDescription([await descriptionOf(name, pair, reveal)]);
  return plan!;
}

async function descriptionOf(
  name: string,
  { fence, deadAfter, ...rest }: Pair,
  reveal: (secret: Secret) => Promise<stonith.Secret>,
): Promise<imports.PairDescription> {
  const devices = await Promise.all(
    fence.map(async ({ agent, hosts, options, plugs }) => {
      const entries = Object.entries(options).map(async ([key, value]): Promise<[string, string | stonith.Secret]> => {
        return [key, typeof value === 'string' ? value : await reveal(value)];
      });
      const read = Object.fromEntries(await Promise.all(entries));
      return { agent, hosts, options: read, ...(plugs === undefined ? {} : { plugs }) };
    }),
  );
  return { ...rest, name, fence: devices, ...(deadAfter === undefined ? {} : { deadAfterMs: deadAfter }) };
}
