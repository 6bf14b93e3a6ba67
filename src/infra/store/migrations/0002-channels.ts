/** Channels, what penalties need of old commitments, and the HTLCs of payments to us that have not ended yet. */
import { type Migration, NUMBERED_KEY } from './migration.ts';

export const channels: Migration = {
  version: 2,
  name: 'channels',
  statements: [
    `CREATE TABLE channels (
      channel_id TEXT PRIMARY KEY,
      peer_id TEXT NOT NULL,
      key_id TEXT NOT NULL,
      state TEXT NOT NULL,
      remote_update TEXT,
      is_closed BIGINT NOT NULL)`,
    // Only ever read whole, by channel, when a revoked commitment appears: no index of its own.
    `CREATE TABLE revoked_htlcs (number ${NUMBERED_KEY}, channel_id TEXT NOT NULL, htlc BLOB NOT NULL)`,
    `CREATE TABLE incoming_htlcs (
      channel_id TEXT NOT NULL,
      htlc_id BIGINT NOT NULL,
      payment_hash TEXT NOT NULL,
      amount_msat BIGINT NOT NULL,
      cltv_expiry BIGINT NOT NULL,
      amt_to_forward BIGINT NOT NULL,
      outgoing_cltv_value BIGINT NOT NULL,
      payment_secret TEXT,
      total_msat BIGINT NOT NULL,
      shared_secret BLOB NOT NULL,
      is_claimed BIGINT NOT NULL,
      PRIMARY KEY (channel_id, htlc_id))`,
  ],
};
