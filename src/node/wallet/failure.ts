/** What can go wrong besides too few coins (NotEnoughError, DustError) and fees out of bounds (FeeLimitError). */

/** The source of blocks refused the transaction. */
export class BroadcastError extends Error {
  override readonly name = 'BroadcastError';
  /** The word of the source of blocks, such as `min relay fee not met`. */
  readonly reason: string;

  constructor(reason: string) {
    super(`the transaction was refused by the source of blocks: ${reason}`);
    this.reason = reason;
  }
}

/** A coin that was named cannot be spent. */
export class CoinError extends Error {
  override readonly name = 'CoinError';
}

/** What is asked for cannot be done with this transaction. */
export class TransactionStateError extends Error {
  override readonly name = 'TransactionStateError';
}
