/** Shows how far a long work is, while it runs. */
import { type Pace, type ProgressState, progressLine, statusFields } from './progress-line.ts';

/** Between two drawings on a terminal: ten a second, which the eye takes for continuous. */
const DRAW_INTERVAL_MS = 100;
/** Between two `status` lines of `--json`. */
const STATUS_INTERVAL_MS = 1000;
/** The rate is that of the last while, so that a stall shows soon and a burst does not jump. */
const RATE_WINDOW_MS = 10_000;
const RATE_SAMPLE_MS = 500;

export interface ProgressOutlet {
  mode: 'terminal' | 'json' | 'silent';
  /** Monotonic milliseconds. */
  elapsedMs(): number;
  /** Width of the terminal now; it may change while the work runs. */
  columns(): number;
  /** Replaces the progress line on the terminal; empty text removes it. */
  draw(line: string): void;
  status(fields: Record<string, unknown>): void;
}

/**
 * One progress display. `update` can be handed to a feature as its callback; it costs next to nothing, however often it
 * is called. Ends by `end()` or at the end of a `using` block, and leaves nothing on the terminal.
 */
export class Progress implements Disposable {
  readonly #outlet: ProgressOutlet;
  readonly #startMs: number;
  readonly #intervalMs: number;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #samples: { atMs: number; bytes: number }[] = [];
  #state: ProgressState | undefined;
  #shownMs: number;
  #ended = false;

  constructor(outlet: ProgressOutlet) {
    this.#outlet = outlet;
    this.#startMs = outlet.elapsedMs();
    this.#intervalMs = outlet.mode === 'json' ? STATUS_INTERVAL_MS : DRAW_INTERVAL_MS;
    this.#shownMs = this.#startMs;
    if (outlet.mode !== 'silent') this.#timer = setInterval(() => this.#show(), this.#intervalMs).unref();
  }

  readonly update = (state: ProgressState): void => {
    if (this.#ended || this.#outlet.mode === 'silent') return;
    this.#state = state;
    if (this.#outlet.elapsedMs() - this.#shownMs >= this.#intervalMs) this.#show();
  };

  /** Shows again what a message has written over. */
  redraw(): void {
    if (!this.#ended && this.#outlet.mode === 'terminal' && this.#state !== undefined) this.#drawLine(this.#state);
  }

  /** Idempotent. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#timer);
    if (this.#outlet.mode === 'terminal') this.#outlet.draw('');
  }

  [Symbol.dispose](): void {
    this.end();
  }

  #show(): void {
    if (this.#state === undefined) return;
    this.#shownMs = this.#outlet.elapsedMs();
    this.#sample(this.#state.bytesDone);
    if (this.#outlet.mode === 'json') this.#outlet.status(statusFields(this.#state, this.#pace(this.#state)));
    else this.#drawLine(this.#state);
  }

  #drawLine(state: ProgressState): void {
    this.#outlet.draw(progressLine(state, this.#pace(state), this.#outlet.columns() - 1));
  }

  #sample(bytes: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && this.#shownMs - last.atMs < RATE_SAMPLE_MS) return;
    this.#samples.push({ atMs: this.#shownMs, bytes });
    while (this.#shownMs - this.#samples[0]!.atMs > RATE_WINDOW_MS) this.#samples.shift();
  }

  #pace({ bytesDone }: ProgressState): Pace {
    const nowMs = this.#outlet.elapsedMs();
    const first = this.#samples[0];
    const spanMs = first === undefined ? 0 : nowMs - first.atMs;
    const bytesPerS = spanMs < RATE_SAMPLE_MS ? undefined : ((bytesDone - first!.bytes) / spanMs) * 1000;
    return { elapsedMs: nowMs - this.#startMs, bytesPerS };
  }
}
