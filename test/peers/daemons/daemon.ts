/**
 * What the tests ask of another implementation's daemon. One file beside this one speaks to each daemon; the suites see
 * only what is written here, so that each is judged by the same tests.
 */

/** Where a daemon finds bitcoind. */
export interface BitcoindAddress {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Where it tells of blocks and transactions over ZMQ; undefined where it does not. */
  readonly zmq_port?: number;
}

/** What a daemon is started with. */
export interface DaemonPlace {
  /** A directory of its own. */
  readonly dir: string;
  /** Its name, which also makes its keys where it takes none. */
  readonly name: string;
  readonly bitcoind: BitcoindAddress;
}

/** A channel as the daemon tells of it. */
export interface DaemonChannel {
  readonly funding_txid: string;
  readonly peer_id: string;
  readonly is_usable: boolean;
  /** How many HTLCs are on it; undefined where the daemon does not say. */
  readonly htlcs: number | undefined;
  /** What the peer of the daemon has in it, to less than a satoshi; undefined where the daemon does not say. */
  readonly remote_sat: bigint | undefined;
}

/** How a payment stands at the one that pays. */
export type PaymentStatus = 'pending' | 'complete' | 'failed' | 'unknown';

/** What a channel is opened with. */
export interface Opening {
  readonly amount_sat: bigint;
  readonly push_msat?: bigint;
  readonly is_public?: boolean;
}

/** An invoice whose payment the daemon holds until it is told to take it. */
export interface HeldInvoice {
  readonly bolt11: string;
  readonly payment_hash: string;
  /** Whether the payment is there. */
  isHeld(): Promise<boolean>;
  /** Takes it: from now on the daemon uses the preimage. */
  settle(): Promise<void>;
}

/** A daemon that runs, or did and will again. */
export interface PeerDaemon {
  readonly node_id: string;
  /** Where it listens for peers, on 127.0.0.1. */
  readonly port: number;
  readonly dir: string;

  /** Starts it on what it has; resolves when it answers. */
  start(): Promise<void>;
  /** Stops it as its operator would. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGSTOP: it answers nothing, and its connections stay. */
  freeze(): void;
  /** Lets it go on. */
  thaw(): void;
  /** Kills it and what it runs beside it, for good. */
  end(): Promise<void>;

  /** The block that it has reached. */
  height(): Promise<number>;
  /** An address of its wallet. */
  newAddress(): Promise<string>;
  /** What its wallet has, confirmed. */
  walletSat(): Promise<bigint>;

  connect(node_id: string, port: number): Promise<void>;
  /** Opens a channel to a node that it is connected with. Answers the funding's txid. */
  open(node_id: string, port: number, opening: Opening): Promise<string>;
  /** Resolves when it opens channels and takes them; undefined where it always does. */
  takesOpenings?(): Promise<void>;
  channels(): Promise<readonly DaemonChannel[]>;
  close(funding_txid: string, how: 'in agreement' | 'alone'): Promise<void>;

  /** An invoice; `any` leaves the amount to the payer. */
  invoice(amount_msat: bigint | 'any'): Promise<string>;
  /** An invoice whose payment waits in the channel. */
  heldInvoice(amount_msat: bigint): Promise<HeldInvoice>;
  /** Pays, in parts where it must. Answers how that ended, or with the daemon's reason. */
  pay(bolt11: string, amount_msat?: bigint): Promise<string>;
  /** How a payment of its own stands. */
  paymentStatus(payment_hash: string): Promise<PaymentStatus>;
  /** Whether an invoice of its own is paid. */
  isPaid(payment_hash: string): Promise<boolean>;
  /** From now on it asks so much for each payment that it passes on; undefined where that cannot be set. */
  askFee?(fee_base_msat: number): Promise<void>;
  /** Whether it knows a channel of the network in both directions; undefined where it does not tell. */
  knowsChannel(short_channel_id: string): Promise<boolean | undefined>;
}

/** A kind of daemon. */
export interface DaemonKind {
  readonly name: string;
  /** Why its tests are skipped here; undefined where it was found. */
  readonly missing: string | undefined;
  /** What it says of its version. */
  readonly version: string;
  /** What it cannot be asked for, so that tests leave it out. */
  readonly lacks: readonly (
    | 'open amounts'
    | 'forwarding'
    | 'held invoices'
    | 'parts over two channels'
    | 'peer storage'
    | 'update_fee'
    | 'keeping channels when killed'
    | 'sending what it recorded when killed'
    | 'ending dust of channels that it closes'
  )[];
  create(place: DaemonPlace): Promise<PeerDaemon>;
}
