/** Every option of `till start`, once. Names are Core Lightning's where it has one. */
import { LANGUAGES } from '../../api/web/pages/language.ts';
import { NETWORKS } from '../../base/types/network.ts';
import {
  DEFAULT_FINAL_CLTV_BLOCKS,
  FULFILL_DEADLINE_BLOCKS,
  LEAST_FINAL_CLTV_BLOCKS,
} from '../../protocol/channel/final-cltv.ts';
import { boolean, flag, integer, optionalInteger, optionalString, string, strings } from './option.ts';

export const OPTIONS = {
  network: string('regtest', 'The Bitcoin network.', { one_of: Object.keys(NETWORKS) }),
  'lightning-dir': optionalString('The directory of all files (default: $TILL_DIR, else ~/.till).', {
    placeholder: 'DIR',
    is_path: true,
  }),
  conf: optionalString('The config file (default: DIR/config, then DIR/NETWORK/config).', {
    placeholder: 'FILE',
    is_path: true,
  }),
  'accept-real-money-risk': flag(
    'Required for --network=bitcoin: confirms that you have read in SECURITY.md what is not proven yet.',
  ),

  alias: optionalString('The name of the node, as others see it (up to 32 bytes).', {
    placeholder: 'NAME',
    is_dynamic: true,
  }),
  rgb: optionalString('The color of the node, as others see it: six hex digits.', { placeholder: 'RRGGBB' }),
  'rpc-file': string('lightning-rpc', 'The Unix socket for commands: an absolute path, or one below DIR/NETWORK.', {
    placeholder: 'FILE',
    is_path: true,
  }),
  'rpc-file-mode': string('0600', 'Who may use that socket: its file mode in octal.', { placeholder: 'MODE' }),
  'log-level': string('info', 'The lowest level that is logged.', {
    one_of: ['debug', 'info', 'unusual', 'broken'],
    is_dynamic: true,
  }),
  'log-format': string('text', 'How lines are written: as text, or each as a JSON object.', {
    one_of: ['text', 'json'],
  }),
  'log-file': optionalString(
    'Log to this file instead of standard output (`-`). You may move the file away at any time.',
    { placeholder: 'FILE', is_path: true },
  ),
  daemon: flag('Run in the background: return once the node answers commands. Needs log-file.'),
  'pid-file': optionalString('Write the process id to this file while the node runs.', {
    placeholder: 'FILE',
    is_path: true,
  }),
  developer: flag('List and accept the commands for developers.'),
  'passphrase-file': optionalString('A file that holds the BIP 39 passphrase of the seed.', {
    placeholder: 'FILE',
    is_path: true,
  }),
  'copied-database': optionalString(
    'This database is a copy. latest: the original has not run since; old: it may have.',
    {
      one_of: ['latest', 'old'],
    },
  ),
  wallet: optionalString(
    'The database (default: SQLite, the file till.sqlite3 in DIR/NETWORK): postgres://USER@HOST:PORT/DATABASE is one on a PostgreSQL server.',
    { placeholder: 'DSN', is_secret: true },
  ),
  'wallet-password-file': optionalString(
    'A file that holds the password for the PostgreSQL server: a command line can be read by others.',
    { placeholder: 'FILE', is_path: true },
  ),
  'database-timeout': integer(
    5,
    'Seconds for which the PostgreSQL server may be away before the node ends. It waits longer for one that is at work.',
    { min: 1, max: 3600 },
  ),
  standby: flag(
    'One half of a pair: where another node works on the same database, wait, and take over when it is gone. Needs wallet=postgres://.',
  ),
  'node-name': optionalString('The name of this node in a pair (default: the name of the machine and four digits).', {
    placeholder: 'NAME',
  }),
  'lease-seconds': integer(
    3,
    'Seconds for which the lease of a database must stand still before a standby takes over, two thirds of them where the ' +
      'server has seen the connection of its holder end; the same at both nodes.',
    { min: 1, max: 60 },
  ),
  'database-must-be-synchronous': boolean(
    true,
    'Refuse, as one half of a pair, a server whose replicas may lack what it confirmed.',
  ),
  rescan: optionalInteger(
    "Search the chain for the wallet's coins: -HEIGHT from that block on (use after restoring from the seed; 0 from the first block), or the last so many blocks.",
    { placeholder: '-HEIGHT', min: -500_000_000, max: 500_000_000 },
  ),

  'invoices-expiry': integer(3600, 'How long an invoice is valid unless the command says otherwise, in seconds.', {
    min: 1,
    max: 0xffffffff,
    is_dynamic: true,
  }),
  'autoclean-cycle': integer(3600, 'How often old invoices are removed, in seconds.', { min: 1, is_dynamic: true }),
  'autoclean-expiredinvoices-age': integer(
    0,
    'Remove invoices that expired more than this many seconds ago; 0 keeps them.',
    { is_dynamic: true },
  ),
  'autoclean-paidinvoices-age': integer(
    0,
    'Remove invoices that were paid more than this many seconds ago; 0 keeps them.',
    { is_dynamic: true },
  ),
  'invoices-onchain-fallback': flag(
    'Add an address of the wallet to each invoice: a deposit there pays the invoice. Each address is watched forever.',
  ),
  'invoices-onchain-confirms': integer(
    3,
    'Confirmations that a deposit needs to pay an invoice (default on regtest: 1).',
    { min: 1, max: 144 },
  ),
  'shop-timezone': optionalString(
    'The time zone of the shop: when its days begin and end (default: that of the machine).',
    {
      placeholder: 'ZONE',
      is_dynamic: true,
    },
  ),
  'events-keep-days': integer(400, 'Days for which events are kept; older ones are removed.', {
    min: 1,
    max: 36_500,
    is_dynamic: true,
  }),
  'webhook-allow-private': strings(
    'Send webhooks to this host although its address is private, and over http:// if its URL says so. May be given several times.',
    { placeholder: 'HOST' },
  ),
  'lnurl-allow-private': strings(
    'Ask this host for the invoice of a refund although its address is private, and over http:// if its URL says so. May be given several times.',
    { placeholder: 'HOST' },
  ),
  'currencyrate-add-source': strings(
    'Ask this source for the price of a bitcoin too: its name, its URL, and the members of its JSON answer that lead to the price; {currency} and {currency_lc} stand for the code of the currency. May be given several times.',
    { placeholder: 'NAME,URL,MEMBERS' },
  ),
  'currencyrate-disable-source': strings('Do not ask this source. May be given several times.', {
    placeholder: 'NAME',
  }),
  'currencyrate-max-age': integer(600, 'How old an exchange rate may be, in seconds; an older one is not used.', {
    min: 10,
    max: 86_400,
    is_dynamic: true,
  }),
  'price-margin-ppm': integer(
    0,
    'Added to prices in a currency when they become bitcoin, in millionths: 5000 is half a percent. Below zero it is a discount.',
    { min: -500_000, max: 1_000_000, is_dynamic: true },
  ),
  'price-rounding': string('up', 'How prices in a currency are rounded when they become bitcoin.', {
    one_of: ['up', 'nearest', 'down'],
    is_dynamic: true,
  }),
  'price-round-to-msat': integer(
    1000,
    'They become a multiple of this many millisatoshi: 1000 is a satoshi, 1 does not round.',
    { min: 1, max: 100_000_000_000, is_dynamic: true },
  ),
  'cltv-final': optionalInteger(
    `Blocks that an invoice asks the payer to leave us (default: ${DEFAULT_FINAL_CLTV_BLOCKS}). The node needs ${FULFILL_DEADLINE_BLOCKS} of them to claim a payment on the chain.`,
    { min: LEAST_FINAL_CLTV_BLOCKS, max: 2016 },
  ),

  'clnrest-port': optionalInteger(
    "Serve Core Lightning's REST interface (/v1) on this port, from a process of its own; 0 is any free one. Without it nothing is served.",
    { min: 0, max: 65535 },
  ),
  'clnrest-protocol': string('https', 'How it is served. The certificates are made when they are missing.', {
    one_of: ['https', 'http'],
  }),
  'clnrest-host': string('127.0.0.1', 'The address that it is served on.', { placeholder: 'ADDR' }),
  'clnrest-certs': optionalString("The directory of its six certificate files (default: the network's directory).", {
    placeholder: 'DIR',
  }),
  'clnrest-cors-origins': strings('An origin whose pages may use it from a browser; * is any (default: *).', {
    placeholder: 'ORIGIN',
  }),
  'clnrest-csp': string(
    "default-src 'self'; font-src 'self'; img-src 'self' data:; frame-src 'self'; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline';",
    'The Content-Security-Policy header of its answers.',
    { placeholder: 'POLICY' },
  ),
  'clnrest-swagger-root': string('/', 'The path of its reference page: begins with a slash.', { placeholder: 'PATH' }),
  'api-bind': optionalString(
    'Serve the interface for programs of a shop (/api/v1) here: ADDR:PORT; port 0 is any free one. Never on the address of public pages.',
    { placeholder: 'ADDR:PORT' },
  ),
  'api-protocol': optionalString('How it is served (default: http on a loopback address, else https).', {
    one_of: ['https', 'http'],
  }),
  'metrics-bind': optionalString(
    'Serve /metrics (Prometheus), /healthz and /readyz here, without a rune: ADDR:PORT. Keep it away from strangers.',
    { placeholder: 'ADDR:PORT' },
  ),
  'shop-currency': optionalString(
    'The currency of the shop (ISO 4217), for its counter, price list and takings. Without it, or with sat, it counts in satoshi.',
    { placeholder: 'CODE', is_dynamic: true },
  ),
  'shop-tips': string('5,10,15', 'The tips that the counter offers, in percent; 0 offers none.', {
    placeholder: 'PERCENT,...',
    is_dynamic: true,
  }),
  'shop-language': string('en', 'The language of the pages for readers whose browser names none that Till has.', {
    one_of: LANGUAGES,
    is_dynamic: true,
  }),
  'shop-bind': optionalString(
    'Serve the pages for customers here (checkout, counter, Lightning addresses): ADDR:PORT; port 0 is any free one.',
    { placeholder: 'ADDR:PORT' },
  ),
  'shop-protocol': optionalString('How they are served (default: http on a loopback address, else https).', {
    one_of: ['https', 'http'],
  }),
  'public-url': optionalString(
    'Where customers reach these pages, such as https://pay.example: for links, and the only name that they answer to beside the address itself.',
    { placeholder: 'URL' },
  ),
  'dashboard-bind': optionalString(
    "Serve the dashboard for the shop's own people here: ADDR:PORT (default: 127.0.0.1:3011 with shop-bind, else nowhere).",
    { placeholder: 'ADDR:PORT' },
  ),
  'dashboard-url': optionalString(
    'Where people reach the dashboard when a proxy stands before it, such as https://till.shop.example: for links, and a name that it answers to.',
    { placeholder: 'URL' },
  ),
  'sandbox-customer': optionalString(
    'In the sandbox: the socket of the customer, who pays when a button on the checkout page is pressed.',
    { placeholder: 'SOCKET', is_path: true },
  ),
  'trusted-proxy': strings(
    'The address of a proxy in front of Till, whose X-Forwarded-For and X-Forwarded-Proto are believed; from nobody else they are.',
    { placeholder: 'ADDR' },
  ),
  'web-process': string(
    'separate',
    'Where HTTP is served: in a process of its own, which has no key and reads no file, or inside the node, for debugging.',
    { one_of: ['separate', 'inside'] },
  ),
  addr: strings(
    'Listen for peers on this address, HOST:PORT (default: the loopback address, any free port, on regtest), and announce it if the internet can reach it.',
    { placeholder: 'ADDR' },
  ),
  'bind-addr': strings('Listen for peers on this address, HOST:PORT, and do not announce it.', { placeholder: 'ADDR' }),
  'announce-addr': strings(
    'Announce this address to the network, and do not listen on it: HOST:PORT, an onion service, or dns:NAME:PORT.',
    { placeholder: 'ADDR' },
  ),
  offline: flag('Do not listen for peers and do not connect to any.'),
  proxy: optionalString('Connect to peers through this SOCKS5 proxy, such as Tor: HOST:PORT.', { placeholder: 'ADDR' }),
  'always-use-proxy': flag('Connect to every peer through the proxy, not only to those with a .onion address.'),
  'zeroconf-peer': strings('A peer whose channels may be used before they confirm.', { placeholder: 'NODE_ID' }),
  lsp: strings(
    'A liquidity provider to buy channels of (LSPS): the node stays connected to it. It takes its fee from the payment that opens the channel. May be given several times.',
    { placeholder: 'NODE_ID@HOST:PORT' },
  ),
  'lsp-max-fee': string(
    '0sat',
    'The most that a channel may cost, as an amount such as 5000sat. A fee within this or within lsp-max-fee-ppm is paid; with both 0 nothing is bought.',
    { placeholder: 'AMOUNT', is_dynamic: true },
  ),
  'lsp-max-fee-ppm': integer(0, 'The most that a channel may cost, in millionths of the payment that opens it.', {
    max: 1_000_000,
    is_dynamic: true,
  }),
  'client-trusts-lsp': flag(
    'Also buy of providers that send the funding of a channel only when they have been paid for it: until then they could keep the payment.',
  ),
  'fee-base': integer(1000, 'The base fee in our channel_update, in msat. Till forwards nothing, so nobody pays it.', {
    max: 0xffffffff,
  }),
  'fee-per-satoshi': integer(10, 'The proportional fee in our channel_update, in millionths of the amount.', {
    max: 0xffffffff,
  }),
  'cltv-delta': integer(34, 'The cltv_expiry_delta in our channel_update, in blocks.', { min: 1, max: 2016 }),
  'funding-confirms': integer(
    3,
    'Confirmations before a channel that a peer has opened is used (default on regtest: 1). 0 stands for 1: without any, only channels of a zeroconf-peer and those that we open are used. If a reward of a block funds it, they count from its maturity, 100 blocks later.',
    { min: 0, max: 144 },
  ),
  'ignore-fee-limits': flag(
    'Take any feerate from peers that open channels, however low: their commitments may then not be relayed.',
  ),
  'closing-confirms': integer(100, 'Confirmations after which a closed channel is no longer watched.', {
    min: 6,
    max: 2016,
  }),
  'min-emergency-msat': integer(
    25_000_000,
    'The least that the wallet keeps for closing channels, while it has any. With many channels or high fees it keeps more.',
    { max: 1_000_000_000_000, is_dynamic: true },
  ),
  'reserve-coins': optionalInteger(
    'In how many coins that reserve is kept, so that several channels can be closed at once (default: one for each 4 channels that you are paid over). Till splits a larger coin when fees are calm.',
    { min: 1, max: 100, is_dynamic: true },
  ),
  'undefended-msat': integer(
    100_000_000,
    'Payments on their way that the wallet could not bring to the chain, all together: so much you trust your peers with. What is beyond it is refused.',
    { max: 1_000_000_000_000, is_dynamic: true },
  ),
  'undefended-peer': strings(
    'A peer that you trust with any amount: payments over its channels are never refused for want of a reserve.',
    { placeholder: 'NODE_ID' },
  ),

  'inbound-keep': string(
    '0sat',
    'Buy a channel of a provider (lsp) whenever less than this amount can be received, such as 500000sat. Nothing is bought without inbound-keep-limit.',
    { placeholder: 'AMOUNT', is_dynamic: true },
  ),
  'inbound-keep-limit': string(
    '0sat',
    'The most that inbound-keep may spend on fees in 30 days, as an amount such as 20000sat.',
    { placeholder: 'AMOUNT', is_dynamic: true },
  ),

  chain: optionalString(
    'Where blocks come from (default: what the options below are about, if any is given; else embedded on regtest, and bitcoind elsewhere).',
    {
      one_of: ['embedded', 'bitcoind', 'esplora'],
    },
  ),
  'embedded-chain': optionalString('Use the embedded chain that another process serves on this socket.', {
    placeholder: 'SOCKET',
    is_path: true,
  }),
  'bitcoin-datadir': optionalString(
    "bitcoind's directory, for its cookie file and bitcoin.conf (default: where bitcoin-cli looks, ~/.bitcoin).",
    { placeholder: 'DIR', is_path: true },
  ),
  'bitcoin-rpcuser': optionalString("bitcoind's RPC user (default: bitcoin.conf's, else the cookie file)."),
  'bitcoin-rpcpassword': optionalString("bitcoind's RPC password (default: bitcoin.conf's, else the cookie file).", {
    is_secret: true,
  }),
  'bitcoin-rpcconnect': optionalString("bitcoind's RPC host (default: bitcoin.conf's, else 127.0.0.1).", {
    placeholder: 'HOST',
  }),
  'bitcoin-rpcport': optionalInteger("bitcoind's RPC port (default: bitcoin.conf's, else the network's).", {
    min: 1,
    max: 65535,
  }),
  'esplora-url': optionalString("An Esplora server's API, such as https://blockstream.info/signet/api.", {
    placeholder: 'URL',
  }),
  'max-tip-age': integer(
    10_800,
    'How old the newest block of bitcoind or Esplora may be, in seconds, before payments wait for the next one. Blocks of the embedded chain may have any age.',
    { min: 3_600, max: 0xffffffff },
  ),
  'chain-poll-seconds': integer(5, 'How often to ask the source for new blocks, if it cannot announce them.', {
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
