import { ACT_OPTIONS } from './ha-act.ts';
import { applyFile } from './ha-act-apply.ts';
import { flag } from './options.ts';
import { defineCommand } from './spec.ts';

export const command = defineCommand({
  description:
    'Puts the configuration of a file into the place of the live one of a Pacemaker cluster, in one step. What differs is ' +
    'shown first, without secrets; the file is checked by crm_verify; what was there is kept under a dated name, for ha ' +
    'rollback. Refused when the CIB was changed by another meanwhile, or when the file is older than it. A verdict comes ' +
    'first, since resources may move. The status of the cluster stays as it is.',
  examples: [
    { line: 'ha apply -n new.xml', does: 'see what differs, and what would happen' },
    { line: 'ha apply new.xml', does: 'make it so' },
  ],
  arguments: [{ usage: '<file>', description: 'A CIB, as cibadmin --query or ha import writes it' }],
  options: { ...ACT_OPTIONS, allowOlder: flag('Take a file that is older than the live CIB, as the differences show') },
  run: (context, [file], values) =>
    applyFile(context, values, { action: 'apply', file, allowsOlder: values.allowOlder }),
});
