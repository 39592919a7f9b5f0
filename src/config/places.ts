/** Where in a configuration things of one kind stand: times, secrets, commands, hosts, paths. */
import type { ScheduleConfig, Secret } from './parts.ts';
import type { Path } from './problem.ts';
import type { Config } from './schema.ts';

export interface At<T> {
  path: Path;
  it: T;
}

export function schedulesOf(config: Config): At<ScheduleConfig>[] {
  const found: At<ScheduleConfig | undefined>[] = [
    ...Object.entries(config.vaults).flatMap(([name, { verify, prune }]) => [
      { path: ['vaults', name, 'verify', 'schedule'], it: verify.schedule },
      { path: ['vaults', name, 'prune', 'schedule'], it: prune?.schedule },
    ]),
    ...Object.entries(config.plans).map(([name, { schedule }]) => ({
      path: ['plans', name, 'schedule'],
      it: schedule,
    })),
    ...Object.entries(config.clusters).map(([name, { fencing }]) => ({
      path: ['clusters', name, 'fencing', 'test'],
      it: fencing.test,
    })),
    { path: ['notifications', 'summary'], it: config.notifications.summary },
  ];
  return found.filter((each): each is At<ScheduleConfig> => each.it !== undefined);
}

export function secretsOf(config: Config): At<Secret>[] {
  return [
    ...Object.entries(config.vaults).map(([name, { password }]) => ({
      path: ['vaults', name, 'password'],
      it: password,
    })),
    ...sourcesOf(config).flatMap(({ path, it }) =>
      'command' in it ? recordOf([...path, 'environment'], it.environment) : [],
    ),
    ...Object.entries(config.notifications.targets).flatMap(([name, { mail, webhook, ping }]) => {
      const path = ['notifications', 'targets', name];
      return [
        ...(mail?.smtp?.password === undefined
          ? []
          : [{ path: [...path, 'mail', 'smtp', 'password'], it: mail.smtp.password }]),
        ...(webhook === undefined ? [] : [{ path: [...path, 'webhook', 'url'], it: webhook.url }]),
        ...recordOf([...path, 'webhook', 'headers'], webhook?.headers ?? {}),
        ...(ping === undefined ? [] : [{ path: [...path, 'ping', 'url'], it: ping.url }]),
      ];
    }),
  ];
}

type Source = Config['plans'][string]['sources'][number];

export function sourcesOf(config: Config): At<Source>[] {
  return Object.entries(config.plans).flatMap(([name, { sources }]) =>
    sources.map((it, index) => ({ path: ['plans', name, 'sources', index], it })),
  );
}

interface Command {
  command: readonly string[];
  host: string;
}

/** Of sources and hooks. */
export function commandsOf(config: Config): At<Command>[] {
  return [
    ...sourcesOf(config).filter((at): at is At<Source & Command> => 'command' in at.it),
    ...Object.entries(config.plans).flatMap(([name, { hooks }]) =>
      (['before', 'after', 'failure'] as const).flatMap((moment) =>
        hooks[moment].map((it, index) => ({ path: ['plans', name, 'hooks', moment, index], it })),
      ),
    ),
  ];
}

function recordOf<T>(path: Path, record: Readonly<Record<string, T>>): At<T>[] {
  return Object.entries(record).map(([key, it]) => ({ path: [...path, key], it }));
}
