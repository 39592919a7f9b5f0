/**
 * Telling people: mail, webhook, dead-man pings. A message is delivered when the other side has taken it; what failed is
 * thrown and never swallowed. Secrets (addresses of webhooks among them) are in no error. Routing and rate limits are
 * pure (`planDelivery`), so that what would be sent can be tested and printed; the notifier sends, tries again, and
 * remembers what did not get out.
 */

export type { Notice, NoticeKind, Severity, Target, TargetOptions } from './notify/model.ts';
export * as notices from './notify/notices.ts';
export { createNotifier, type Delivered, type NotifierOptions } from './notify/notifier.ts';
export { type DeliveryState, planDelivery } from './notify/plan.ts';
export { isWanted, openTarget, type TargetWorld } from './notify/target.ts';
export { tryTarget } from './notify/trial.ts';
