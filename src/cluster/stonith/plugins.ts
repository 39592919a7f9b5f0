/** Every plugin of `stonith -L` (cluster-glue 1.0.12), and what stands in for it under Pacemaker. */
import { HYPERVISORS } from './hypervisors.ts';
import type { StonithPlugin } from './model.ts';
import { POWER_SWITCHES } from './power-switches.ts';
import { SERVICE_PROCESSORS } from './service-processors.ts';
import { SITE_PLUGINS } from './site-plugins.ts';
import { WITHOUT_POWER } from './without-power.ts';

/** In the order of their names. */
export const STONITH_PLUGINS: readonly StonithPlugin[] = [
  ...SERVICE_PROCESSORS,
  ...POWER_SWITCHES,
  ...HYPERVISORS,
  ...WITHOUT_POWER,
].sort((one, other) => (one.name < other.name ? -1 : 1));

const BY_NAME = new Map([...STONITH_PLUGINS, ...SITE_PLUGINS].map((plugin) => [plugin.name, plugin]));

/** Those of other packages too; undefined for one of the site, or of a version that has more. */
export function stonithPlugin(name: string): StonithPlugin | undefined {
  return BY_NAME.get(name);
}
