/** What became of a channel's mutual closes when they were handed to the network. */

/** What the network said of a channel's mutual closes. `latest`: the last that was signed by then. */
export type ClosePublication =
  /** The source of blocks has one, of ours or another: `transaction` is serialized, hex. */
  | { readonly kind: 'taken'; readonly transaction: string; readonly latest: string | undefined }
  /** None was taken, for this reason, since this height. */
  | {
      readonly kind: 'refused';
      readonly reason: string;
      readonly since_height: number;
      readonly latest: string | undefined;
    };
