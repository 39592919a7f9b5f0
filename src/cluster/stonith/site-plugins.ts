/** Plugins that other packages brought along: `stonith -L` lists them only where those are installed. */
import { agent, plugin } from './define.ts';
import type { StonithPlugin } from './model.ts';

export const POWERMAN_PORT = '10101';

export const SITE_PLUGINS: readonly StonithPlugin[] = [
  // Of PowerMan itself, in its folder heartbeat.
  plugin(
    'external/powerman',
    { params: 'serverhost! poweroff' },
    agent('fence_powerman', {
      address: { param: 'serverhost', port: POWERMAN_PORT },
      words: { poweroff: { 0: {}, 1: { pcmk_reboot_action: 'off' } } },
      note: 'PowerMan knows the nodes by their names. In fence-agents 4.12.1 (Debian 12) the action list fails (TypeError), the others work; so pcmk_host_check is static-list. powermand is a single point that all fencing hangs on: run it on a machine that is none of the nodes, or on each.',
    }),
  ),
];
