/**
 * Whoever holds the channel's keys, as the state machine knows it: it hands over what is to be signed, as plain amounts
 * and HTLCs, and never sees a private key. Every answer depends on the question alone.
 */
export type { ClosingView } from '../../codec/tx/closing.ts';
export type { CommitmentSignatures, TransactionSigner as ChannelSigner } from '../../codec/tx/signer.ts';
