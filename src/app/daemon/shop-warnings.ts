/**
 * Says when no channel can receive any more, and when the wallet has become too small to bring channels home: once each
 * time that it begins, as an event. What is so when the node starts is no news.
 */
import type { EventValue } from '../../infra/store/event-rows.ts';
import type { WarningType } from '../../shop/events/event-types.ts';

export interface ShopWarningsOptions {
  /** What all open channels can receive together, their peers here or away. */
  readonly inboundMsat: () => bigint;
  /** What the wallet should hold, and what of that it holds. */
  readonly reserve: () => { readonly wanted_sat: bigint; readonly held_sat: bigint };
  /** Writes a warning down. */
  readonly warn: (type: WarningType, data: Readonly<Record<string, EventValue>>) => void;
}

/** Less than a satoshi pays no invoice. */
const LEAST_INBOUND_MSAT = 1000n;

export class ShopWarnings {
  readonly #options: ShopWarningsOptions;
  readonly #known = new Map<WarningType, boolean>();

  constructor(options: ShopWarningsOptions) {
    this.#options = options;
  }

  /** Looks how things are now, and tells what has become worse since the last time. */
  look(): void {
    const receivable_msat = this.#options.inboundMsat();
    const { wanted_sat, held_sat } = this.#options.reserve();
    this.#note('warning.no_inbound', receivable_msat < LEAST_INBOUND_MSAT, { receivable_msat });
    this.#note('warning.reserve_short', held_sat < wanted_sat, { wanted_sat, held_sat });
  }

  #note(type: WarningType, isSo: boolean, data: Readonly<Record<string, EventValue>>): void {
    if (isSo && this.#known.get(type) === false) this.#options.warn(type, data);
    this.#known.set(type, isSo);
  }
}
