/**
 * The configuration of a whole cluster, for keeping: of every node the files it is configured by, byte for byte with their
 * rights, the CIB, and a record of what was found, what is not there and what could not be read. Nothing is taken out: it
 * holds the cluster's keys. Restoring it is `failover/restore`.
 */
export { captureOf } from './capture/configuration.ts';
export { gatherConfiguration } from './capture/gather.ts';
