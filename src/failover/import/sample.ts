/** Files of Heartbeat for the tests of imports. */
import { heartbeat } from '../../cluster.ts';
import type { ImportInput } from './model.ts';

export const IPMI = [
  'stonith_host oss01 external/ipmi oss02 oss02sp root changeme lanplus',
  'stonith_host oss02 external/ipmi oss01 oss01sp root changeme lanplus',
];

interface Sample {
  /** Added to the nodes. */
  cf?: readonly string[];
  haresources?: string;
  authkeys?: string;
}

export function sampleInput(
  { cf = IPMI, haresources = 'oss01 10.0.0.100', authkeys = 'auth 1\n1 sha1 NotTheRealKey\n' }: Sample = {},
  more: Partial<ImportInput> = {},
): ImportInput {
  return {
    cf: heartbeat.parseHaCf(['node oss01 oss02', ...cf, ''].join('\n'), 'ha.cf'),
    haresources: heartbeat.parseHaresources(`${haresources}\n`, 'haresources'),
    authkeys: heartbeat.parseAuthkeys(authkeys, 'authkeys'),
    ...more,
  };
}
