/** What a peer, and all peers together, may take of us. One place, each with its reason. */

/** Handshake and init together. Tor needs several seconds for each of the three exchanges. */
export const SETUP_TIMEOUT_MS = 60_000;
/** How long a dial may take before there is a connection at all; a circuit through Tor can need half a minute. */
export const DIAL_TIMEOUT_MS = 60_000;
/** Silence after which we ask whether the peer is still there. Home routers forget a silent connection in a minute or two. */
export const PING_AFTER_MS = 30_000;
/** Silence after which we ask before we sign: what is signed for a peer that is gone hangs until its time is over. */
export const ASK_BEFORE_SIGNING_MS = 10_000;
/** Silence after our question that means that it is not. */
export const PONG_WITHIN_MS = 30_000;
/** How long a connection that we close may take to deliver what was sent last. */
export const FAREWELL_MS = 1_000;

/** Connections that have not yet shown who they are, in total and from one address: each costs a key agreement. */
export const MAX_UNKNOWN_CONNECTIONS = 512;
export const MAX_UNKNOWN_CONNECTIONS_PER_HOST = 128;
/** Peers that nobody asked for (no channel, not dialled by us): enough for new channels, cheap to hold. */
export const MAX_STRANGERS = 250;

/** Bytes that wait for a peer that does not read: beyond this it is stalling us. A full set of 483 HTLCs is under 1 MB. */
export const MAX_OUTGOING_BYTES = 8 * 1024 * 1024;
/** From here on we stop reading: answers must not pile up faster than the peer takes them. */
export const PAUSE_OUTGOING_BYTES = 256 * 1024;

/** Bytes per second that one peer may send in the long run; 500 payments a second take about 1.5 MB. Over it, we read slower. */
export const INCOMING_BYTES_PER_SECOND = 8 * 1024 * 1024;
/** What may come at once before the rate counts. */
export const INCOMING_BURST_BYTES = 32 * 1024 * 1024;
/** Pings per second in the long run, and at once: each may ask for 64 KB. */
export const PINGS_PER_SECOND = 2;
export const PING_BURST = 100;
/** Warnings and errors per second in the long run, and at once: each is a line in the log. */
export const COMPLAINTS_PER_SECOND = 1;
export const COMPLAINT_BURST = 100;
/** Pings of ours that wait for an answer. */
export const MAX_OPEN_PINGS = 16;
/** BOLT 1: a ping that asks for this many bytes or more wants no answer. */
export const NO_PONG_FROM_BYTES = 65_532;

/** Waits between attempts to reconnect: doubling from the first to the longest. */
export const FIRST_BACKOFF_MS = 1_000;
export const LONGEST_BACKOFF_MS = 300_000;
/** A connection that lasted this long was good: the next wait starts from the first again. */
export const STABLE_AFTER_MS = 60_000;
/**
 * The wait before this attempt is the longest after a connection that was shorter: its node is there, and may be one that
 * its operator starts again and again. Only one that does not answer is called more and more rarely.
 */
export const ANSWERED_ATTEMPT = 4;
