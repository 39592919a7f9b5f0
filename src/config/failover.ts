/** Clusters in the configuration: pairs of nodes that take over from each other, as `ha import --pair` makes them. */
import { z } from 'zod';
import { name, secret } from './parts.ts';
import { limit } from './values.ts';

const node = z.strictObject({
  name: name.describe('As `uname -n` prints it there'),
  addresses: z.array(z.string().min(1)).min(1).describe('One for each link, in the same order on every node'),
});

const fence = z.strictObject({
  agent: z
    .string()
    .regex(/^fence_[a-z0-9_]+$/, 'an agent such as fence_ipmilan')
    .describe('Of fence-agents, without its path'),
  hosts: z.array(z.string()).min(1).describe('Nodes it shoots'),
  options: z
    .record(z.string(), z.union([z.string(), secret]))
    .default({})
    .describe("The agent's options, as its metadata names them; each may be a secret"),
  plugs: z
    .record(z.string(), z.string())
    .optional()
    .describe('Names of the plugs of nodes that are called otherwise there'),
});

const resource = z.union([
  z.string().describe('As in haresources: Filesystem::/dev/sdb::/mnt/ost1::ext4'),
  z.strictObject({
    agent: z.string().describe('A resource agent: ocf:heartbeat:Filesystem, systemd:nfs-server'),
    params: z.record(z.string(), z.string()).default({}).describe('Its parameters'),
  }),
]);

export const failover = z.strictObject({
  nodes: z.array(node).min(2).describe('Two or more'),
  fence: z.array(fence).default([]).describe('How a node is surely off; without it nothing starts'),
  groups: z
    .array(
      z.strictObject({
        node: z.string().describe('Where it runs when it can'),
        resources: z.array(resource).min(1).describe('Started in this order, stopped in the other'),
      }),
    )
    .min(1)
    .describe('What moves together'),
  failback: z.boolean().default(false).describe('Whether groups go back by themselves'),
  ping: z.array(z.string()).default([]).describe('Addresses of which a node should reach as many as possible'),
  deadAfter: limit.optional().describe('When a node counts as lost; 6.6s when absent'),
  startsAlone: z.boolean().default(false).describe('A node that boots alone fences its peer and starts everything'),
  lustreAgent: z.enum(['filesystem', 'lustre']).default('filesystem').describe('Agent for Lustre targets'),
});
