/** A type that is told apart from its base by name only: `Brand<string, 'payment_hash'>`. It costs nothing at run time. */
export type Brand<Base, Name extends string> = Base & { readonly __brand: Name };

/** SHA-256 of a preimage: 32 bytes, lowercase hex. */
export type PaymentHash = Brand<string, 'payment_hash'>;
/** 32 bytes, lowercase hex. Known to the payee alone until the payment is claimed. */
export type PaymentPreimage = Brand<string, 'payment_preimage'>;
/** 32 bytes, lowercase hex: proves to the payee that the payer read the invoice. */
export type PaymentSecret = Brand<string, 'payment_secret'>;
/** A node's compressed public key: 33 bytes, lowercase hex. */
export type NodeId = Brand<string, 'node_id'>;
/** 32 bytes, lowercase hex, byte order of the wire. */
export type ChannelId = Brand<string, 'channel_id'>;
/** A transaction's id as people write it (reversed), lowercase hex. */
export type Txid = Brand<string, 'txid'>;
