/** Every option of `till start`, once. Names are Core Lightning's where it has one. */
import { NETWORKS } from '../../base/types/network.ts';
import { flag, integer, optionalInteger, optionalString, string, strings } from './option.ts';

export const OPTIONS = {
  network: string('regtest', 'The Bitcoin network.', { one_of: Object.keys(NETWORKS) }),
  'lightning-dir': optionalString('The directory for everything (default: $TILL_DIR, else ~/.till).', {
    placeholder: 'DIR',
  }),
  conf: optionalString('The config file (default: DIR/config, and DIR/NETWORK/config after it).', {
    placeholder: 'FILE',
  }),
  'accept-real-money-risk': flag(
    'Needed for --network=bitcoin: says that you read what SECURITY.md says is not proven yet.',
  ),

  alias: optionalString('The name that the node shows to others (up to 32 bytes).', { placeholder: 'NAME' }),
  rgb: optionalString('The color that the node shows to others: six hex digits.', { placeholder: 'RRGGBB' }),
  'rpc-file': string('lightning-rpc', 'The Unix socket for commands, absolute or below DIR/NETWORK.', {
    placeholder: 'FILE',
  }),
  'rpc-file-mode': string('0600', 'Who may use that socket: its mode in octal.', { placeholder: 'MODE' }),
  'log-level': string('info', 'The least that is logged.', { one_of: ['debug', 'info', 'unusual', 'broken'] }),
  'log-file': optionalString(
    'Log to this file instead of standard output (`-`). It may be moved away at any time, with SIGHUP or without.',
    { placeholder: 'FILE' },
  ),
  daemon: flag('Go to the background once commands are answered; needs log-file.'),
  'pid-file': optionalString('Write the process id to this file while the node runs.', { placeholder: 'FILE' }),
  developer: flag('Commands for developers are listed and taken.'),
  'passphrase-file': optionalString('A file whose text is the BIP 39 passphrase of the seed.', { placeholder: 'FILE' }),
  'copied-database': optionalString('Of a database that was copied here: whether the node ran on without it since.', {
    one_of: ['latest', 'old'],
  }),
  rescan: optionalInteger('Search the chain from this block on for coins of the words: after they were restored.', {
    placeholder: 'HEIGHT',
  }),

  'invoices-expiry': integer(3600, 'How long an invoice is valid when the command does not say, in seconds.', {
    min: 1,
    max: 0xffffffff,
  }),
  'autoclean-cycle': integer(3600, 'How often old invoices are removed, in seconds.', { min: 1 }),
  'autoclean-expiredinvoices-age': integer(0, 'Remove invoices that expired so many seconds ago; 0 keeps them.'),
  'autoclean-paidinvoices-age': integer(0, 'Remove invoices that were paid so many seconds ago; 0 keeps them.'),
  'invoices-onchain-fallback': flag(
    'Invoices also show an address of the wallet, and a deposit there pays them. Each address is watched for good.',
  ),
  'invoices-onchain-confirms': integer(
    3,
    'Confirmations before a deposit pays an invoice (on regtest 1 by default): as many as a channel needs.',
    { min: 1, max: 144 },
  ),
  'cltv-final': optionalInteger(
    'Blocks that a payer must leave us to claim a payment (default: 18 on bitcoin, else 10).',
    { min: 10, max: 2016 },
  ),

  addr: strings(
    'Listen for peers on this address, HOST:PORT (default: the loopback address, any free port, on regtest).',
    { placeholder: 'ADDR' },
  ),
  offline: flag('Neither listen for peers nor call any.'),
  proxy: optionalString('A SOCKS5 proxy for calling peers, such as that of Tor: HOST:PORT.', { placeholder: 'ADDR' }),
  'always-use-proxy': flag('Call every peer through the proxy, not only those with a .onion address.'),
  'zeroconf-peer': strings('A peer whose channels may be used before they confirm.', { placeholder: 'NODE_ID' }),
  'fee-base': integer(1000, 'What our channel_update asks for forwarding, in msat. Till forwards nothing.', {
    max: 0xffffffff,
  }),
  'fee-per-satoshi': integer(10, 'The same, in millionths of the amount.', { max: 0xffffffff }),
  'cltv-delta': integer(34, 'The same, in blocks.', { min: 1, max: 2016 }),
  'funding-confirms': integer(3, 'Confirmations before a channel is used (on regtest 1 by default).', {
    min: 0,
    max: 144,
  }),
  'closing-confirms': integer(
    100,
    'Confirmations after which nothing of a channel that was closed is watched any more.',
    {
      min: 6,
      max: 2016,
    },
  ),
  'min-emergency-msat': integer(25_000_000, 'What the wallet keeps for closing channels while there are any.', {
    max: 1_000_000_000_000,
  }),

  chain: optionalString('Where blocks come from (default: embedded on regtest, else bitcoind).', {
    one_of: ['embedded', 'bitcoind', 'esplora'],
  }),
  'embedded-chain': optionalString('Use the embedded chain that another process serves on this socket.', {
    placeholder: 'SOCKET',
  }),
  'bitcoin-datadir': optionalString("bitcoind's directory, for its cookie.", { placeholder: 'DIR' }),
  'bitcoin-rpcuser': optionalString("bitcoind's RPC user."),
  'bitcoin-rpcpassword': optionalString("bitcoind's RPC password.", { is_secret: true }),
  'bitcoin-rpcconnect': string('127.0.0.1', "bitcoind's RPC host.", { placeholder: 'HOST' }),
  'bitcoin-rpcport': optionalInteger("bitcoind's RPC port (default: the network's).", { min: 1, max: 65535 }),
  'esplora-url': optionalString("An Esplora server's API, such as https://blockstream.info/signet/api.", {
    placeholder: 'URL',
  }),
  'chain-poll-seconds': integer(5, 'How often the source of blocks is asked for news, when it cannot tell.', {
    min: 1,
    max: 600,
  }),
} as const;

export type OptionName = keyof typeof OPTIONS;

/** The value of each option. */
export type OptionValues = { -readonly [Name in OptionName]: (typeof OPTIONS)[Name]['default'] };

/** Other spellings that Core Lightning has: `--regtest` is `--network=regtest`. */
export const SHORTHANDS: Readonly<Record<string, readonly [OptionName, string]>> = {
  mainnet: ['network', 'bitcoin'],
  testnet: ['network', 'testnet'],
  testnet4: ['network', 'testnet4'],
  signet: ['network', 'signet'],
  regtest: ['network', 'regtest'],
};
