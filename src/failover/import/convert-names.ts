/** What is called otherwise today, or is gone. */

/** Attributes of old resource elements that are meta attributes today. */
export const OLD_META = ['is_managed', 'restart_type', 'multiple_active', 'resource_stickiness', 'priority'];
/** Values of clones that stood among their instance attributes. */
export const CLONE_META: Readonly<Record<string, string>> = {
  'clone-max': 'clone-max',
  'clone-node-max': 'clone-node-max',
  'master-max': 'promoted-max',
  'master-node-max': 'promoted-node-max',
  notify: 'notify',
  'globally-unique': 'globally-unique',
  ordered: 'ordered',
  interleave: 'interleave',
  'target-role': 'target-role',
  'is-managed': 'is-managed',
};
/** Properties that are defaults of resources or operations today. */
export const MOVED: Readonly<Record<string, readonly ['resource' | 'operation', string]>> = {
  'default-resource-stickiness': ['resource', 'resource-stickiness'],
  'is-managed-default': ['resource', 'is-managed'],
  'default-action-timeout': ['operation', 'timeout'],
};
export const GONE_PROPERTIES = new Set(
  'default-resource-failure-stickiness transition-idle-timeout short-resource-names ignore-dtd suppress-cib-writes cluster-infrastructure dc-version last-lrm-refresh'.split(
    ' ',
  ),
);
/** Agents that went to the projects whose programs they start. */
export const RENAMED: Readonly<Record<string, string>> = {
  'ocf:heartbeat:drbd': 'ocf:linbit:drbd',
  'ocf:heartbeat:pingd': 'ocf:pacemaker:ping',
  'ocf:heartbeat:IPaddr': 'ocf:heartbeat:IPaddr2',
};
/** Written by the cluster itself. */
export const OWN_PROPERTIES = new Set(['cluster-infrastructure', 'dc-version', 'last-lrm-refresh']);
