/** The files of a new cluster. */
import { cib, corosync, hideSecrets, stonith } from '../../cluster.ts';
import type { FencePrimitive, ImportPlan } from './model.ts';

/**
 * A new cluster counts its epoch up while its nodes join, and refuses to replace its CIB by one that is older; the admin epoch
 * counts for more, and the cluster leaves it at 0.
 */
const ADMIN_EPOCH = 1;

export interface ImportDocuments {
  corosyncConf: string;
  /** Holds the passwords of the fence devices: for a file with mode 0600 and nothing else. */
  cibXml: string;
}

/** The text of corosync.conf. @throws {AppError} `config` when a value does not fit into it */
export function corosyncText(plain: corosync.PlainCorosync): string {
  return corosync.formatCorosync(corosync.buildCorosync(plain, 'corosync.conf'));
}

/** A CIB to be shown: without passwords and the like. */
export function withoutSecrets(cibXml: string): string {
  const document = cib.parseXml(cibXml, 'cib.xml');
  for (const each of cib.everyElement(cib.rootOf(document))) {
    const value = each.attributes.get('value');
    if (each.name !== 'nvpair' || value === undefined) continue;
    const isSecret = cib.isSecretName(each.attributes.get('name') ?? '');
    cib.setAttribute(each, 'value', isSecret ? '[hidden]' : hideSecrets(value));
  }
  return cib.formatXml(document);
}

/** @throws {AppError} `config` when a value of the plan does not fit into a file */
export function documentsOf(plan: ImportPlan): ImportDocuments {
  const fencing = plan.fencing.map(fencePrimitive);
  const whole = { ...plan.cib, resources: [...fencing, ...(plan.cib.resources ?? [])] };
  return {
    corosyncConf: corosyncText(plan.corosync),
    cibXml: cib.formatXml(cib.buildCib(whole, { file: 'cib.xml', adminEpoch: ADMIN_EPOCH })),
  };
}

/** As Pacemaker has it: secrets are in its parameters. */
export function fencePrimitive({ device, operations }: FencePrimitive): cib.PlainPrimitive {
  const params = stonith
    .fenceAttributesOf(device)
    .map(([name, value]) => [name, value instanceof stonith.Secret ? value.reveal() : value] as const);
  return {
    kind: 'primitive',
    id: device.id,
    agent: `stonith:${device.agent}`,
    params: Object.fromEntries(params),
    operations,
  };
}
