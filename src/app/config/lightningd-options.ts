/**
 * Options of Core Lightning that Till does not have, for who switches with a config file in hand: what Till does instead.
 * Those that change nothing that matters are taken and noted in the log; the others are refused with the same words.
 */
import type { OptionName } from './options.ts';

/** What becomes of an option of Core Lightning. */
export type ForeignOption =
  /** Taken, by Till's own name for it. */
  | { readonly same_as: OptionName }
  /** Taken and noted, or refused: the sentence says what Till does. `takes_value`: also on the command line. */
  | { readonly taken: boolean; readonly takes_value: boolean; readonly till: string };

const flag = (till: string): ForeignOption => ({ taken: true, takes_value: false, till });
const value = (till: string): ForeignOption => ({ taken: true, takes_value: true, till });
const no = (till: string, takes_value = true): ForeignOption => ({ taken: false, takes_value, till });

const NO_PLUGINS = 'Till has no plugins';
const NO_CLNREST = 'Till listens for commands on its Unix socket';
const AUTOCLEAN = 'Till removes old invoices only';
const CHANNEL_LIMITS = 'Till keeps limits of its own for every channel';

/** By name, in the order of Core Lightning's manual. */
export const LIGHTNINGD_OPTIONS: Readonly<Record<string, ForeignOption>> = {
  'allow-deprecated-apis': value('Till answers the old parameter and field names always'),
  'bitcoin-cli': value('Till speaks with bitcoind itself, and needs no bitcoin-cli'),
  'bitcoin-rpcclienttimeout': value('Till has a limit of its own for each answer of bitcoind'),
  'bitcoin-retry-timeout': value('Till waits for bitcoind for as long as it takes, and logs it'),
  subdaemon: no('Till is one process'),
  'log-prefix': value('Till begins its lines with time and level'),
  'log-timestamps': value('Till begins its lines with the time always'),
  'encrypted-hsm': no('Till reads its seed from DIR/NETWORK/seed; a passphrase is read from passphrase-file', false),
  'hsm-passphrase': no('Till reads a passphrase from passphrase-file', false),
  'grpc-host': no('Till has no gRPC'),
  'grpc-port': no('Till has no gRPC'),
  'grpc-msg-buffer-size': value('Till has no gRPC'),
  recover: no('see docs/guide/backups.md: Till is started on the restored seed, once with rescan=-HEIGHT'),
  'min-capacity-sat': no('Till has a minimum of its own for channels that peers open'),
  'ignore-fee-limits': no('Till keeps to its limits for the feerates of peers'),
  'commit-time': value('Till signs as soon as it can, and gathers what comes meanwhile'),
  'force-feerates': no('Till takes its feerates from the source of blocks'),
  'htlc-minimum-msat': value(CHANNEL_LIMITS),
  'htlc-maximum-msat': value(CHANNEL_LIMITS),
  'announce-addr-dns': value('Till announces what addr and announce-addr name, and nothing else'),
  'announce-addr-discovered': value('Till announces what addr and announce-addr name, and nothing else'),
  'announce-addr-discovered-port': value('Till announces what addr and announce-addr name, and nothing else'),
  'large-channels': flag('Till agrees to large channels when the peer does'),
  'watchtime-blocks': value('Till chooses to_self_delay itself'),
  'commit-fee': value('Till chooses the feerate of commitments itself'),
  'commit-feerate-offset': value('Till chooses the feerate of commitments itself'),
  'max-concurrent-htlcs': value(CHANNEL_LIMITS),
  'max-dust-htlc-exposure-msat': value(CHANNEL_LIMITS),
  'accept-htlc-tlv-type': value('Till refuses unknown even records in an onion'),
  'autoclean-networkevents-age': value(AUTOCLEAN),
  'autoclean-succeededforwards-age': value('Till forwards nothing, so there is nothing to remove'),
  'autoclean-failedforwards-age': value('Till forwards nothing, so there is nothing to remove'),
  'autoclean-succeededpays-age': value(AUTOCLEAN),
  'autoclean-failedpays-age': value(AUTOCLEAN),
  'payment-fronting-node': no('Till chooses hints by itself: see exposeprivatechannels of invoice'),
  'disable-mpp': no('Till takes and sends payments in parts always', false),
  'xpay-handle-pay': value('In Till pay and xpay are one'),
  'xpay-slow-mode': value('Till answers when the preimage is there'),
  'xpay-user-layer': value('Till has no layers'),
  'askrene-timeout': value('Till searches the map itself, in milliseconds'),
  'askrene-max-threads': value('Till searches the map itself, in milliseconds'),
  'bkpr-currency': value('Till keeps no books of accounts'),
  'bwatch-poll-interval': value('How often the source of blocks is asked is chain-poll-seconds'),
  'experimental-bwatch': flag('Till follows the chain itself'),
  'autoconnect-seeker-peers': value('Till calls its own peers only'),
  autolisten: value('Till listens where addr says, and nowhere without it'),
  'disable-dns': no('Till asks the system for names; with always-use-proxy the proxy does', false),
  'message-padding': value('Till pads no messages'),
  'tor-service-password': no('Till makes no onion service: let Tor forward one to addr'),
  'wss-bind-addr': no(NO_CLNREST),
  'wss-certs': no(NO_CLNREST),
  'exposesecret-passphrase': value('Till shows its seed with till seed, once'),
  plugin: no(NO_PLUGINS),
  'plugin-dir': no(NO_PLUGINS),
  'important-plugin': no(NO_PLUGINS),
  'disable-plugin': value(NO_PLUGINS),
  'clear-plugins': flag(NO_PLUGINS),
  'fetchinvoice-noconnect': flag('Till fetches no BOLT 12 invoices'),
  'experimental-shutdown-wrong-funding': no('Till closes only what was funded as agreed', false),
  'experimental-dual-fund': no('Till opens channels that one side funds', false),
  'experimental-simple-close': flag('Till closes that way when the peer offers it'),
  'experimental-splicing': no('Till does not splice', false),
  'experimental-lsps-client': no('Till has no client for sellers of channels', false),
  'experimental-lsps2-service': no('Till sells no channels', false),
  'experimental-lsps2-promise-secret': no('Till sells no channels'),
  'database-upgrade': value('Till brings its database up to date by itself, and a newer one is refused'),
  'i-promise-to-fix-broken-api-user': value('Till answers the old parameter and field names always'),
};
