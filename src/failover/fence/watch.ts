/** Watching a cluster while one of its nodes is shot. */
import { CLUSTER_REREAD_MS } from '../../base/cluster-limits.ts';
import { AppError, hasCode } from '../../base/errors.ts';
import { live } from '../../cluster.ts';

/** Looks at the cluster from the node that gave the order. */
export class Watch {
  readonly #seat: live.Seat;
  readonly #options: live.ReadOptions;
  readonly #beginMs: number;

  constructor(seat: live.Seat, options: live.ReadOptions) {
    this.#seat = seat;
    this.#options = options;
    this.#beginMs = options.clock.monotonicMs();
  }

  elapsedMs(): number {
    return Math.round(this.#options.clock.monotonicMs() - this.#beginMs);
  }

  async pause(): Promise<void> {
    await this.#options.clock.sleep(CLUSTER_REREAD_MS / 4, this.#options.signal);
  }

  async isGone(node: string): Promise<boolean> {
    const state = await this.#read();
    return state !== undefined && !isMember(state, node);
  }

  /** @throws {AppError} `failed` when it is not so after that time, counted from here */
  async until(what: string, limitMs: number, isSo: (state: live.ClusterState) => boolean): Promise<live.ClusterState> {
    const endMs = this.elapsedMs() + limitMs;
    for (;;) {
      const state = await this.#read();
      if (state !== undefined && isSo(state)) return state;
      if (this.elapsedMs() >= endMs)
        throw new AppError('failed', {
          detail: `waited ${limitMs / 1000} s for ${what}`,
          hint: 'See: holdfast ha status. Where the cluster does not start at boot, start it on that node.',
        });
      await this.pause();
    }
  }

  /** While a node leaves, a new DC is chosen and nobody answers for a moment. */
  async #read(): Promise<live.ClusterState | undefined> {
    try {
      return await live.readState(this.#seat, this.#options);
    } catch (error) {
      if (!hasCode(error, 'cluster-down', 'cluster-unclear', 'command-timeout')) throw error;
      return undefined;
    }
  }
}

export function isMember(state: live.ClusterState, node: string): boolean {
  return state.nodes.some((each) => each.name === node && each.isOnline && !each.isPending && !each.isUnclean);
}
