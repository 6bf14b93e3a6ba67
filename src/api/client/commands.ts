/** The parameters and results of every command. Generated from src/api/commands by `npm run docs`. */
export interface Commands {
  /** Perform a single run of autoclean */
  'autoclean-once': {
    readonly params: {
      /** What to clean: `expiredinvoices` or `paidinvoices`. Of forwards and network events Till has none; payments of its own it keeps. */ readonly subsystem:
        | 'expiredinvoices'
        | 'paidinvoices'
        | 'succeededforwards'
        | 'failedforwards'
        | 'networkevents'
        | 'succeededpays'
        | 'failedpays';
      /** Minimum age: seconds since the expiry or the payment. */ readonly age: number | bigint;
    };
    readonly result: {
      /** By kind. */ readonly autoclean: {
        /** The result. */ readonly expiredinvoices?: {
          /** How many invoices were removed. */ readonly cleaned: number;
          /** How many such invoices are left. */ readonly uncleaned: number;
        };
        /** The result. */ readonly paidinvoices?: {
          /** How many invoices were removed. */ readonly cleaned: number;
          /** How many such invoices are left. */ readonly uncleaned: number;
        };
        /** The result. */ readonly succeededforwards?: {
          /** How many invoices were removed. */ readonly cleaned: number;
          /** How many such invoices are left. */ readonly uncleaned: number;
        };
        /** The result. */ readonly failedforwards?: {
          /** How many invoices were removed. */ readonly cleaned: number;
          /** How many such invoices are left. */ readonly uncleaned: number;
        };
        /** The result. */ readonly networkevents?: {
          /** How many invoices were removed. */ readonly cleaned: number;
          /** How many such invoices are left. */ readonly uncleaned: number;
        };
      };
    };
  };
  /** Examine auto-cleaning of old invoices */
  'autoclean-status': {
    readonly params: {
      /** Only this kind of invoice. Default: all. */ readonly subsystem?: 'expiredinvoices' | 'paidinvoices';
    };
    readonly result: {
      /** By kind. */ readonly autoclean: {
        /** The settings. */ readonly expiredinvoices?: {
          /** Whether such invoices are removed regularly. */ readonly enabled: boolean;
          /** Seconds for which they are kept. */ readonly age?: number | bigint;
          /** How many were removed since the node was created. */ readonly cleaned: number;
        };
        /** The settings. */ readonly paidinvoices?: {
          /** Whether such invoices are removed regularly. */ readonly enabled: boolean;
          /** Seconds for which they are kept. */ readonly age?: number | bigint;
          /** How many were removed since the node was created. */ readonly cleaned: number;
        };
      };
    };
  };
  /** Set up automatic removal of expired invoices */
  autocleaninvoice: {
    readonly params: {
      /** Seconds between two runs; 0 stops the removal. */ readonly cycle_seconds?: number | bigint;
      /** Remove invoices that expired at least this many seconds ago. */ readonly expired_by?: number | bigint;
    };
    readonly result: {
      /** Whether it is on. */ readonly enabled: boolean;
      /** The value that is now set. */ readonly cycle_seconds?: number | bigint;
      /** The value that is now set. */ readonly expired_by?: number | bigint;
    };
  };
  /** Command for copying the database while the node runs */
  backup: {
    readonly params: {
      /** The file to create: an absolute path. The file must not exist yet. */ readonly destination: string;
    };
    readonly result: {
      /** The file. */ readonly destination: string;
      /** Its size. */ readonly size_bytes: number;
    };
  };
  /** Command to allow the database to group writes */
  batching: {
    readonly params: {
      /** Whether writes may be grouped. */ readonly enable: boolean;
    };
    readonly result: Readonly<Record<string, never>>;
  };
  /** Command for listing recorded bookkeeping events */
  'bkpr-listaccountevents': {
    readonly params: {
      /** Only this account. */ readonly account?: string;
      /** Only events of this payment: none, since these are events on the chain. */ readonly payment_id?: string;
    };
    readonly result: {
      /** The events. */ readonly events: readonly {
        /** The account: `wallet`, `external`, or a channel by its channel_id; `channels` where it is not known which. */ readonly account: string;
        /** What it was. */ readonly tag: string;
        /** What the account got. */ readonly credit_msat: number | bigint;
        /** What left it. */ readonly debit_msat: number | bigint;
        /** The prefix of the chain's addresses: what the amounts are of. */ readonly currency: string;
        /** The Unix time; of events on the chain that of the block. */ readonly timestamp: number;
        /** An output on the chain, or the fee of a transaction of ours. */ readonly type: 'chain' | 'onchain_fee';
        /** Of `chain`: the output. */ readonly outpoint?: string;
        /** Of `chain`: the height of the block. */ readonly blockheight?: number;
        /** The account that it came from. */ readonly origin?: string;
        /** The transaction that spent the output, or whose fee it is. */ readonly txid?: string;
      }[];
    };
  };
  /** Command for listing current channel + wallet balances */
  'bkpr-listbalances': {
    readonly params: Readonly<Record<string, never>>;
    readonly result: {
      /** The accounts. */ readonly accounts: readonly {
        /** `wallet`, or a channel by its channel_id. */ readonly account: string;
        /** The peer of the channel. */ readonly peer_id?: string;
        /** Whether we opened the channel. */ readonly we_opened?: boolean;
        /** Its balances: one. */ readonly balances: readonly {
          /** What is in it. */ readonly balance_msat: number | bigint;
          /** The prefix of the chain's addresses. */ readonly coin_type: string;
        }[];
      }[];
    };
  };
  /** Command for listing all income impacting events */
  'bkpr-listincome': {
    readonly params: {
      /** Accepted and ignored: each fee is one event already. */ readonly consolidate_fees?: boolean;
      /** Only events at this Unix time or later. */ readonly start_time?: number;
      /** Only events at this Unix time or earlier. */ readonly end_time?: number;
    };
    readonly result: {
      /** The events. */ readonly income_events: readonly {
        /** The account: `wallet`, `external`, or a channel by its channel_id; `channels` where it is not known which. */ readonly account: string;
        /** What it was. */ readonly tag: string;
        /** What the account got. */ readonly credit_msat: number | bigint;
        /** What left it. */ readonly debit_msat: number | bigint;
        /** The prefix of the chain's addresses: what the amounts are of. */ readonly currency: string;
        /** The Unix time; of events on the chain that of the block. */ readonly timestamp: number;
        /** The description of the invoice. */ readonly description?: string;
        /** The output, of events on the chain. */ readonly outpoint?: string;
        /** The transaction, of fees. */ readonly txid?: string;
        /** The payment hash, of payments over Lightning. */ readonly payment_id?: string;
      }[];
    };
  };
  /** Command to prevent a rune from working */
  blacklistrune: {
    readonly params: {
      /** The first number; see `unique_id` of `showrunes`. */ readonly start?: number | bigint;
      /** The last number. By default the first one alone. */ readonly end?: number | bigint;
      /** Whether the runes are to work again. */ readonly relist?: boolean;
    };
    readonly result: {
      /** All that is revoked. */ readonly blacklist: readonly {
        /** The first number. */ readonly start: number;
        /** The last one. */ readonly end: number;
      }[];
    };
  };
  /** Command for buying a channel of a liquidity provider, to be paid over it */
  buychannel: {
    readonly params: {
      /** What is to be receivable over it, in satoshi. A little less is: see the guide. */ readonly amount_sat:
        | number
        | bigint
        | string;
      /** How long the provider is to keep the channel: 1 to 24 months. */ readonly months?: number;
      /** The most that it may cost. A bare number is in msat; `5000sat` is easier to read. */ readonly maxfee?:
        | number
        | bigint
        | string;
      /** Only of this provider. */ readonly provider?: string;
      /** Only by this way to pay. */ readonly payway?: 'lightning' | 'onchain';
      /** Whether the channel is to be public. */ readonly announce?: boolean;
    };
    readonly result: {
      /** Its number, counted by this node. */ readonly order: number;
      /** The provider. */ readonly provider_id: string;
      /** `quoted`: its price is known, nothing is bought. `paying`: it is being paid. `paid`: the provider owes the channel. `delivered`: the channel is there. `refunded`: no channel, and the money came back. `failed`: no channel; `problem` says what became of the money. `expired`: it was not paid in time. */ readonly status:
        | 'quoted'
        | 'paying'
        | 'paid'
        | 'delivered'
        | 'refunded'
        | 'failed'
        | 'expired';
      /** What the provider puts into the channel. */ readonly amount_msat: number | bigint;
      /** What it costs, by the way that was or would be taken to pay. */ readonly fee_msat?: number | bigint;
      /** How it is paid. */ readonly pay_way?: 'lightning' | 'onchain';
      /** For so many blocks the provider keeps the channel. */ readonly channel_expiry_blocks: number;
      /** Whether the channel is to be public. */ readonly announce: boolean;
      /** Who bought it: you, or the node by itself. */ readonly wanted_by: 'operator' | 'inbound-keep';
      /** When its price was asked for: Unix time. */ readonly created_at: number;
      /** Until when the price holds: Unix time. */ readonly expires_at?: number;
      /** When it was paid: Unix time. */ readonly paid_at?: number;
      /** The transaction that paid it, on the chain. */ readonly payment_txid?: string;
      /** The funding transaction of the channel. */ readonly funding_txid?: string;
      /** The output of it. */ readonly funding_outnum?: number;
      /** Until when the provider says that it keeps the channel: Unix time. */ readonly channel_expires_at?: number;
      /** What is wrong with it. */ readonly problem?: string;
      /** The same as a sentence. */ readonly summary: string;
    };
  };
  /** Command for verifying parameters */
  check: {
    readonly params: Readonly<Record<string, unknown>>;
    readonly result: {
      /** The command that was checked. */ readonly command_to_check: string;
    };
  };
  /** Command to check if a signature is from a node */
  checkmessage: {
    readonly params: {
      /** The text. */ readonly message: string;
      /** The signature, in z-base-32. */ readonly zbase: string;
      /** The node that must have signed it. */ readonly pubkey?: string;
    };
    readonly result: {
      /** Whether it is the signature of that node, or of one that we know. */ readonly verified: boolean;
      /** The node whose key signed the text; absent if there is no such key. */ readonly pubkey?: string;
    };
  };
  /** Command to validate a rune */
  checkrune: {
    readonly params: {
      /** The rune. */ readonly rune: string;
      /** Who asks, for restrictions by `id`. */ readonly nodeid?: string;
      /** What is asked for. */ readonly method?: string;
      /** With which parameters. */ readonly params?: Readonly<Record<string, unknown>> | readonly unknown[];
    };
    readonly result: {
      /** True. */ readonly valid: boolean;
    };
  };
  /** Command for closing channels with direct peers */
  close: {
    readonly params: {
      /** The channel: its channel_id, its short_channel_id or alias, or the id of a peer with only one channel. */ readonly id: string;
      /** Seconds after which Till closes the channel without the peer; 0: never. */ readonly unilateraltimeout?: number;
      /** The address for our balance. Default: one of the wallet. */ readonly destination?: string;
      /** The least and the most to pay for a close in agreement, as two feerates. Default: from what enters the mempool to what closing alone would cost. On a channel that is closed already it makes a closing transaction with another fee, if the peer has `option_simple_close`. */ readonly feerange?: readonly (
        | number
        | bigint
        | string
      )[];
    };
    readonly result: {
      /** How it was closed. */ readonly type: 'mutual' | 'unilateral';
      /** The closing transaction. */ readonly tx?: string;
      /** Its id. */ readonly txid?: string;
      /** The closing transactions. */ readonly txs: readonly string[];
      /** Their ids. */ readonly txids: readonly string[];
    };
  };
  /** Command for connecting to another lightning node */
  connect: {
    readonly params: {
      /** The id of the node, alone or as `ID@HOST:PORT`. */ readonly id: string;
      /** Its address: IPv4, IPv6, a name, or an onion service (with `proxy`). */ readonly host?: string;
      /** Its port. Default: the network's (9735 on mainnet). */ readonly port?: number;
    };
    readonly result: {
      /** The node. */ readonly id: string;
      /** Its feature bits (BOLT 9). */ readonly features: string;
      /** Who called: it (`in`) or we. */ readonly direction: 'in' | 'out';
      /** An address. */ readonly address: {
        /** What kind it is. */ readonly type: 'ipv4' | 'ipv6' | 'torv3' | 'dns';
        /** The address or name. */ readonly address: string;
        /** The port. */ readonly port: number;
      };
    };
  };
  /** Low-level invoice creation */
  createinvoice: {
    readonly params: {
      /** The BOLT 11 invoice. Its payment hash must be the hash of the preimage. */ readonly invstring: string;
      /** A label as for `invoice`. */ readonly label: string | number | bigint;
      /** The preimage, 64 hex digits. */ readonly preimage: string;
    };
    readonly result: {
      /** The label that it was created with. */ readonly label: string;
      /** The invoice, as given to the payer. */ readonly bolt11: string;
      /** The hash of the preimage. */ readonly payment_hash: string;
      /** The amount; absent if the payer chooses it. */ readonly amount_msat?: number | bigint;
      /** `unpaid` can still be paid, `expired` no longer can. */ readonly status: 'unpaid' | 'paid' | 'expired';
      /** When paid: 1, 2, 3 ... in the order of payment. */ readonly pay_index?: number;
      /** When paid: the amount received, which may be more than the invoice asks for. */ readonly amount_received_msat?:
        | number
        | bigint;
      /** When paid through a channel that was bought for it: what the provider took off the payment. The payer paid `amount_received_msat` and this. */ readonly opening_fee_msat?:
        | number
        | bigint;
      /** When paid: the Unix time. */ readonly paid_at?: number;
      /** When paid on chain: the deposit that paid it, or the last one of several. */ readonly paid_outpoint?: {
        /** The transaction. */ readonly txid: string;
        /** The index of its output. */ readonly outnum: number;
      };
      /** When paid: the proof of payment. */ readonly payment_preimage?: string;
      /** The description; absent once it was removed. */ readonly description?: string;
      /** The Unix time from which it can no longer be paid. */ readonly expires_at: number;
      /** 1, 2, 3 ... in the order of creation. */ readonly created_index: number;
      /** A number that rises with every change of any invoice; absent before its first change. */ readonly updated_index?: number;
      /** The object that was stored with it. */ readonly metadata?: unknown;
      /** What was asked for in a currency, and the rate that made it an amount of bitcoin. */ readonly price?: {
        /** The currency, by its ISO 4217 code. */ readonly currency: string;
        /** What was asked for, in the currency's smallest unit: 450 is 4.50 EUR, or 450 JPY. */ readonly amount: number;
        /** The same as a decimal number of the currency, such as `4.50`. */ readonly amount_text: string;
        /** What one bitcoin cost then, before the margin: a decimal number. */ readonly rate: string;
        /** When the sources said so, in Unix time: the oldest of them. */ readonly rate_at: number;
        /** The sources that agreed. */ readonly rate_sources: readonly string[];
        /** What the shop added, in millionths; below zero it is a discount. */ readonly margin_ppm: number;
      };
      /** It can be paid, but asks the payer for fewer than 19 blocks: a payment that leaves no more than it asks for is refused. Make a new invoice. */ readonly warning_cltv?: string;
    };
  };
  /** Command for adding an item to the price list of the counter */
  createitem: {
    readonly params: {
      /** What it is called, in at most 80 characters. */ readonly name: string;
      /** The price, in the currency's smallest unit: 450 is 4.50 EUR, or 450 JPY. */ readonly amount: number | bigint;
      /** The currency of the price (ISO 4217). Default: `shop-currency`; without that option prices are in millisatoshi. */ readonly currency?: string;
      /** Items are shown in the order of this number, then in the order of their making. Default: 0. */ readonly place?: number;
    };
    readonly result: {
      /** Its number: 1, 2, 3 ... in the order of creation. */ readonly item_id: number;
      /** What it is called. */ readonly name: string;
      /** The currency of the price; absent: the price is in millisatoshi. */ readonly currency?: string;
      /** The price, in the currency's smallest unit. */ readonly amount: number | bigint;
      /** Its place in the list. */ readonly place: number;
    };
  };
  /** Command for making a link that signs a user in once */
  createlogin: {
    readonly params: {
      /** The name of the user. Default: the first owner. */ readonly user?: string;
    };
    readonly result: {
      /** The name. */ readonly user: string;
      /** What the user may do. */ readonly role: 'owner' | 'cashier' | 'accountant';
      /** What the link holds: it begins one session, once. */ readonly token: string;
      /** The link to the dashboard. Absent while none is served. */ readonly url?: string;
      /** The same for the counter, which `shop-bind` serves. One of the two can be used. */ readonly counter_url?: string;
      /** Until when it can be used, in Unix time. */ readonly expires_at: number;
    };
  };
  /** Command for making a Lightning address */
  createlightningaddress: {
    readonly params: {
      /** What stands before the @. */ readonly name: string;
      /** What the payer sees, in at most 500 characters. */ readonly description: string;
      /** The least that may be paid. Default: 1 sat. */ readonly min_msat?: number | bigint | string;
      /** The most that may be paid. Default: 1,000,000 sat. */ readonly max_msat?: number | bigint | string;
      /** Characters that a comment of the payer may have, 1000 at most. Default: 0, which takes none. */ readonly comment_length?: number;
      /** What the payer is asked for: an object of `name`, `identifier`, `email`, `pubkey`, each `optional` or `mandatory`. An empty object asks for nothing, which is the default. Nobody proves that it is true. */ readonly payer_data?: {
        readonly name?: 'optional' | 'mandatory';
        readonly identifier?: 'optional' | 'mandatory';
        readonly email?: 'optional' | 'mandatory';
        readonly pubkey?: 'optional' | 'mandatory';
      };
      /** What the wallet shows once it has paid, 144 characters at most; an empty text removes it. */ readonly success_message?: string;
      /** What the wallet offers to open once it has paid. Its domain must be that of `public-url`, else only the message is shown. An empty text removes it. */ readonly success_url?: string;
      /** Text that the wallet can read once it has paid, such as a code; the same for everybody. An empty text removes it. */ readonly success_secret?: string;
      /** Whether wallets get an answer. Default: true. */ readonly enabled?: boolean;
    };
    readonly result: {
      /** What stands before the @. */ readonly name: string;
      /** The Lightning address. Absent where no pages are served. */ readonly address?: string;
      /** The same for wallets that scan, in bech32 and upper case: what a QR code shows (LUD-01). */ readonly lnurl?: string;
      /** What a wallet asks first (LUD-16). */ readonly url?: string;
      /** A page with its code, for people. */ readonly page_url?: string;
      /** What the payer sees. */ readonly description: string;
      /** The least that may be paid. */ readonly min_msat: number | bigint;
      /** The most that may be paid. */ readonly max_msat: number | bigint;
      /** Characters that a comment of the payer may have. */ readonly comment_length: number;
      /** What the payer is asked for: an object of names, each `optional` or `mandatory`. */ readonly payer_data: unknown;
      /** What the wallet shows once it has paid. */ readonly success_message?: string;
      /** What the wallet offers to open once it has paid. */ readonly success_url?: string;
      /** Text that the wallet can read once it has paid. */ readonly success_secret?: string;
      /** Whether wallets get an answer. */ readonly enabled: boolean;
      /** When it was created, in Unix time. */ readonly created_at: number;
      /** Wallets cannot reach it: the shop serves no pages. */ readonly warning_public_url?: string;
    };
  };
  /** Command to create a rune */
  createrune: {
    readonly params: {
      /** A rune of any node: the answer is the same rune with the restrictions added. */ readonly rune?: string;
      /** `readonly`, or an array of arrays of alternatives. */ readonly restrictions?:
        | 'readonly'
        | readonly (readonly string[])[];
    };
    readonly result: {
      /** The rune. Whoever has it has the right that it gives. */ readonly rune: string;
      /** Its number, by which it can be revoked. Runes derived from it have the same. */ readonly unique_id: string;
      /** The rune permits everything. */ readonly warning_unrestricted_rune?: string;
    };
  };
  /** Command for a sale at the counter */
  createsale: {
    readonly params: {
      /** The name of the counter, in at most 64 characters. */ readonly counter: string;
      /** What is sold beside the items. */ readonly amount?: number | bigint;
      /** The items that are sold. */ readonly items?: readonly {
        readonly item_id: number;
        readonly count?: number;
      }[];
      /** The currency of the amounts (ISO 4217). */ readonly currency?: string;
      /** A tip on top of all that. */ readonly tip?: number | bigint;
      /** A note for the shop, in at most 300 characters. The customer does not see it. */ readonly note?: string;
    };
    readonly result: {
      /** Its number: 1, 2, 3 ... in the order of the sales, over all counters. */ readonly sale_id: number;
      /** The counter. */ readonly counter: string;
      /** The label of its invoice. */ readonly label: string;
      /** The currency of its amounts; absent: they are in millisatoshi. */ readonly currency?: string;
      /** What is asked for with the tip, in the currency's smallest unit. */ readonly amount: number | bigint;
      /** How much of that is a tip. */ readonly tip: number | bigint;
      /** The items, with their prices at that time. */ readonly items: readonly {
        /** What it is called. */ readonly name: string;
        /** The price of one. */ readonly amount: number | bigint;
        /** How many. */ readonly count: number;
      }[];
      /** The note of the cashier. */ readonly note?: string;
      /** When it was made, in Unix time. */ readonly created_at: number;
      /** How its invoice is; `deleted`: the invoice was deleted since. */ readonly status:
        | 'unpaid'
        | 'paid'
        | 'expired'
        | 'deleted';
      /** What the invoice asks for. */ readonly amount_msat?: number | bigint;
      /** When paid: what was received. */ readonly amount_received_msat?: number | bigint;
      /** When paid: the Unix time. */ readonly paid_at?: number;
      /** The Unix time from which it can no longer be paid. */ readonly expires_at?: number;
      /** The hash of the preimage. */ readonly payment_hash?: string;
      /** The invoice: show it to the customer. */ readonly bolt11?: string;
    };
  };
  /** Command for adding a user of the dashboard and the counter */
  createuser: {
    readonly params: {
      /** The name: 1 to 64 characters. Case makes no difference. */ readonly user: string;
      /** What they may do. */ readonly role: 'owner' | 'cashier' | 'accountant';
      /** A password, of at least 10 characters. */ readonly password?: string;
    };
    readonly result: {
      /** The name. */ readonly user: string;
      /** What the user may do. */ readonly role: 'owner' | 'cashier' | 'accountant';
      /** What the link holds: it begins one session, once. */ readonly token: string;
      /** The link to the dashboard. Absent while none is served. */ readonly url?: string;
      /** The same for the counter, which `shop-bind` serves. One of the two can be used. */ readonly counter_url?: string;
      /** Until when it can be used, in Unix time. */ readonly expires_at: number;
    };
  };
  /** Command for having events sent to a URL */
  createwebhook: {
    readonly params: {
      /** Where to send events. */ readonly url: string;
      /** Only these types, or families of types. Default: all. */ readonly types?: string | readonly string[];
      /** Only events of invoices whose label begins with this. */ readonly label_prefix?: string;
      /** Send several events at once, in any order; one that fails does not hold up the others. */ readonly parallel?: boolean;
      /** Begin after this event; 0 sends all that are kept. Default: only what happens from now on. */ readonly after?:
        | number
        | bigint;
    };
    readonly result: {
      /** Its number: 1, 2, 3 ... in the order of creation. */ readonly webhook_id: number;
      /** Where events are sent. */ readonly url: string;
      /** Only these types; absent: all. */ readonly types?: readonly string[];
      /** Only events of invoices whose label begins so; absent: all. */ readonly label_prefix?: string;
      /** Whether several events may be on their way at once, in any order. */ readonly parallel: boolean;
      /** Whether events are sent. */ readonly enabled: boolean;
      /** Why not. */ readonly disabled_reason?: string;
      /** When it was created, in Unix time. */ readonly created_at: number;
      /** Up to this event every one is delivered, not wanted, or waits to be tried again. */ readonly position: number;
      /** Attempts in all. */ readonly attempts: number;
      /** The first failure since the last success, in Unix time. */ readonly failing_since?: number;
      /** How many events have failed and wait to be tried again. */ readonly retries: number;
      /** When the first of them is tried again, in Unix time. */ readonly next_attempt_at?: number;
      /** Until this Unix time messages are signed with the secret before the current one as well. */ readonly old_secret_until?: number;
      /** What messages are signed with: `whsec_` and base64. Give it to the receiver, and keep it secret. */ readonly secret: string;
    };
  };
  /** Command for converting an amount of a currency into millisatoshi */
  currencyconvert: {
    readonly params: {
      /** The amount, in units of the currency: 4.5 is 4.50 EUR. */ readonly amount: number;
      /** The ISO 4217 code of the currency, in either case. */ readonly currency: string;
    };
    readonly result: {
      /** The amount in millisatoshi. */ readonly msat: number | bigint;
    };
  };
  /** Command for the exchange rate of a currency */
  currencyrate: {
    readonly params: {
      /** The ISO 4217 code of the currency, in either case. */ readonly currency: string;
      /** Only what this source says; `listcurrencyrates` lists their names. */ readonly source?: string;
    };
    readonly result: {
      /** Units of the currency for one bitcoin, with at most three decimals. */ readonly rate: number;
      /** When the sources said so, in Unix time: the oldest of them. */ readonly rate_at: number;
      /** The sources that it is of. */ readonly rate_sources: readonly string[];
    };
  };
  /** Command for writing down what the shop decided about a deposit */
  decidedeposit: {
    readonly params: {
      /** The output: TXID:OUTNUM, as `listdeposits` names it. */ readonly outpoint: string;
      /** What was decided. */ readonly decision: 'kept' | 'returned';
      /** Why, or how it was sent back: up to 500 characters. */ readonly note?: string;
    };
    readonly result: {
      /** The transaction. */ readonly txid: string;
      /** The index of its output. */ readonly outnum: number;
      /** The label of the invoice that it was meant for. */ readonly label: string;
      /** The number of that invoice, which may have been deleted. */ readonly created_index: number;
      /** Its amount. */ readonly amount_msat: number | bigint;
      /** The height of its block. */ readonly blockheight?: number;
      /** `short`: all deposits together are less than the invoice asks for; `late`: it came when the invoice had expired, was paid or was deleted. */ readonly status:
        | 'short'
        | 'late';
      /** What the shop decided. */ readonly decision?: 'kept' | 'returned';
      /** What the shop wrote to it. */ readonly note?: string;
      /** When, in Unix time. */ readonly decided_at?: number;
    };
  };
  /** Command for decoding an invoice string or a rune */
  decode: {
    readonly params: {
      /** The invoice or rune. An invoice may be in upper case, begin with `lightning:`, and have blanks or newlines around it. */ readonly string: string;
    };
    readonly result: {
      /** What it is. */ readonly type: 'bolt11 invoice' | 'rune';
      /** True, except for a rune that is not UTF-8. */ readonly valid: boolean;
      /** The network: the letters after `ln`. */ readonly currency?: string;
      /** The Unix time of its creation. */ readonly created_at?: number;
      /** For how many seconds after that it can be paid. */ readonly expiry?: number | bigint;
      /** The node that is paid. */ readonly payee?: string;
      /** The amount; absent if the payer chooses it. */ readonly amount_msat?: number | bigint;
      /** The hash of the preimage. */ readonly payment_hash?: string;
      /** The payee's signature, DER. */ readonly signature?: string;
      /** The description. */ readonly description?: string;
      /** The SHA-256 of the description. */ readonly description_hash?: string;
      /** Blocks that the payer must leave the payee. */ readonly min_final_cltv_expiry?: number;
      /** The secret that the payer must send to the payee. */ readonly payment_secret?: string;
      /** Feature bits (BOLT 9). */ readonly features?: string;
      /** Data that the payer sends back to the payee. */ readonly payment_metadata?: string;
      /** Addresses for paying on chain instead. */ readonly fallbacks?: readonly {
        /** The kind of address, if it is known. */ readonly type?: 'P2PKH' | 'P2SH' | 'P2WPKH' | 'P2WSH' | 'P2TR';
        /** The address. */ readonly addr?: string;
        /** The output script. */ readonly hex: string;
      }[];
      /** Routes to the payee over channels that are not public. */ readonly routes?: readonly (readonly {
        /** The node at which the channel starts. */ readonly pubkey: string;
        /** The channel. */ readonly short_channel_id: string;
        /** Its base fee in msat. */ readonly fee_base_msat: number;
        /** Its proportional fee in millionths. */ readonly fee_proportional_millionths: number;
        /** Its delay in blocks. */ readonly cltv_expiry_delta: number;
      }[])[];
      /** Fields that Till does not know. */ readonly extra?: readonly {
        /** Its letter. */ readonly tag: string;
        /** Its data, bech32. */ readonly data: string;
      }[];
      /** The number of the rune. */ readonly unique_id?: string;
      /** The version of the rune; those of Till have none. */ readonly version?: string;
      /** The code of the rune in hex, a colon, and its restrictions as they are written. */ readonly string?: string;
      /** The restrictions of the rune; all of them must hold. */ readonly restrictions?: readonly {
        /** One of them must hold. */ readonly alternatives: readonly string[];
        /** The same in words. */ readonly summary: string;
      }[];
      /** The restrictions of a rune that are not UTF-8. */ readonly hex?: string;
      /** The restrictions of the rune are not UTF-8. */ readonly warning_rune_invalid_utf8?: string;
    };
  };
  /** Command for decoding a bolt11 string (low-level) */
  decodepay: {
    readonly params: {
      /** The invoice. */ readonly bolt11: string;
      /** The text that must match the description hash of the invoice, if it has one. */ readonly description?: string;
    };
    readonly result: {
      /** The network: the letters after `ln`. */ readonly currency: string;
      /** The Unix time of its creation. */ readonly created_at: number;
      /** For how many seconds after that it can be paid. */ readonly expiry: number | bigint;
      /** The node that is paid. */ readonly payee: string;
      /** The amount; absent if the payer chooses it. */ readonly amount_msat?: number | bigint;
      /** The hash of the preimage. */ readonly payment_hash: string;
      /** The payee's signature, DER. */ readonly signature: string;
      /** The description. */ readonly description?: string;
      /** The SHA-256 of the description. */ readonly description_hash?: string;
      /** Blocks that the payer must leave the payee. */ readonly min_final_cltv_expiry: number;
      /** The secret that the payer must send to the payee. */ readonly payment_secret: string;
      /** Feature bits (BOLT 9). */ readonly features?: string;
      /** Data that the payer sends back to the payee. */ readonly payment_metadata?: string;
      /** Addresses for paying on chain instead. */ readonly fallbacks?: readonly {
        /** The kind of address, if it is known. */ readonly type?: 'P2PKH' | 'P2SH' | 'P2WPKH' | 'P2WSH' | 'P2TR';
        /** The address. */ readonly addr?: string;
        /** The output script. */ readonly hex: string;
      }[];
      /** Routes to the payee over channels that are not public. */ readonly routes?: readonly (readonly {
        /** The node at which the channel starts. */ readonly pubkey: string;
        /** The channel. */ readonly short_channel_id: string;
        /** Its base fee in msat. */ readonly fee_base_msat: number;
        /** Its proportional fee in millionths. */ readonly fee_proportional_millionths: number;
        /** Its delay in blocks. */ readonly cltv_expiry_delta: number;
      }[])[];
      /** Fields that Till does not know. */ readonly extra?: readonly {
        /** Its letter. */ readonly tag: string;
        /** Its data, bech32. */ readonly data: string;
      }[];
    };
  };
  /** Command for taking an item off the price list of the counter */
  deleteitem: {
    readonly params: {
      /** The number of the item. */ readonly item_id: number;
    };
    readonly result: {
      /** Its number: 1, 2, 3 ... in the order of creation. */ readonly item_id: number;
      /** What it is called. */ readonly name: string;
      /** The currency of the price; absent: the price is in millisatoshi. */ readonly currency?: string;
      /** The price, in the currency's smallest unit. */ readonly amount: number | bigint;
      /** Its place in the list. */ readonly place: number;
    };
  };
  /** Command for ending a session */
  deletesession: {
    readonly params: {
      /** The number of the session. */ readonly session_id: number;
    };
    readonly result: {
      /** The number of the session. */ readonly session_id: number;
    };
  };
  /** Command for removing a user */
  deleteuser: {
    readonly params: {
      /** The name. */ readonly user: string;
    };
    readonly result: {
      /** The name. */ readonly user: string;
      /** What the user may do. */ readonly role: 'owner' | 'cashier' | 'accountant';
    };
  };
  /** Command for deleting a Lightning address */
  deletelightningaddress: {
    readonly params: {
      /** What stands before the @. */ readonly name: string;
    };
    readonly result: {
      /** What stands before the @. */ readonly name: string;
      /** The Lightning address. Absent where no pages are served. */ readonly address?: string;
      /** The same for wallets that scan, in bech32 and upper case: what a QR code shows (LUD-01). */ readonly lnurl?: string;
      /** What a wallet asks first (LUD-16). */ readonly url?: string;
      /** A page with its code, for people. */ readonly page_url?: string;
      /** What the payer sees. */ readonly description: string;
      /** The least that may be paid. */ readonly min_msat: number | bigint;
      /** The most that may be paid. */ readonly max_msat: number | bigint;
      /** Characters that a comment of the payer may have. */ readonly comment_length: number;
      /** What the payer is asked for: an object of names, each `optional` or `mandatory`. */ readonly payer_data: unknown;
      /** What the wallet shows once it has paid. */ readonly success_message?: string;
      /** What the wallet offers to open once it has paid. */ readonly success_url?: string;
      /** Text that the wallet can read once it has paid. */ readonly success_secret?: string;
      /** Whether wallets get an answer. */ readonly enabled: boolean;
      /** When it was created, in Unix time. */ readonly created_at: number;
      /** Wallets cannot reach it: the shop serves no pages. */ readonly warning_public_url?: string;
    };
  };
  /** Command for deleting a webhook */
  deletewebhook: {
    readonly params: {
      /** The number of the webhook. */ readonly webhook_id: number;
    };
    readonly result: {
      /** Its number: 1, 2, 3 ... in the order of creation. */ readonly webhook_id: number;
      /** Where events are sent. */ readonly url: string;
      /** Only these types; absent: all. */ readonly types?: readonly string[];
      /** Only events of invoices whose label begins so; absent: all. */ readonly label_prefix?: string;
      /** Whether several events may be on their way at once, in any order. */ readonly parallel: boolean;
      /** Whether events are sent. */ readonly enabled: boolean;
      /** Why not. */ readonly disabled_reason?: string;
      /** When it was created, in Unix time. */ readonly created_at: number;
      /** Up to this event every one is delivered, not wanted, or waits to be tried again. */ readonly position: number;
      /** Attempts in all. */ readonly attempts: number;
      /** The first failure since the last success, in Unix time. */ readonly failing_since?: number;
      /** How many events have failed and wait to be tried again. */ readonly retries: number;
      /** When the first of them is tried again, in Unix time. */ readonly next_attempt_at?: number;
      /** Until this Unix time messages are signed with the secret before the current one as well. */ readonly old_secret_until?: number;
    };
  };
  /** Command for removing expired invoices */
  delexpiredinvoice: {
    readonly params: {
      /** Only those that expired at this Unix time or before. Default: all of them. */ readonly maxexpirytime?:
        | number
        | bigint;
    };
    readonly result: Readonly<Record<string, never>>;
  };
  /** Command for removing an invoice (or just its description) */
  delinvoice: {
    readonly params: {
      /** The label of the invoice. */ readonly label: string | number | bigint;
      /** The status that it must have: `unpaid`, `paid` or `expired`. */ readonly status: string;
      /** Remove only the description, and answer the invoice without it. */ readonly desconly?: boolean;
    };
    readonly result: {
      /** The label that it was created with. */ readonly label: string;
      /** The invoice, as given to the payer. */ readonly bolt11: string;
      /** The hash of the preimage. */ readonly payment_hash: string;
      /** The amount; absent if the payer chooses it. */ readonly amount_msat?: number | bigint;
      /** `unpaid` can still be paid, `expired` no longer can. */ readonly status: 'unpaid' | 'paid' | 'expired';
      /** When paid: 1, 2, 3 ... in the order of payment. */ readonly pay_index?: number;
      /** When paid: the amount received, which may be more than the invoice asks for. */ readonly amount_received_msat?:
        | number
        | bigint;
      /** When paid through a channel that was bought for it: what the provider took off the payment. The payer paid `amount_received_msat` and this. */ readonly opening_fee_msat?:
        | number
        | bigint;
      /** When paid: the Unix time. */ readonly paid_at?: number;
      /** When paid on chain: the deposit that paid it, or the last one of several. */ readonly paid_outpoint?: {
        /** The transaction. */ readonly txid: string;
        /** The index of its output. */ readonly outnum: number;
      };
      /** When paid: the proof of payment. */ readonly payment_preimage?: string;
      /** The description; absent once it was removed. */ readonly description?: string;
      /** The Unix time from which it can no longer be paid. */ readonly expires_at: number;
      /** 1, 2, 3 ... in the order of creation. */ readonly created_index: number;
      /** A number that rises with every change of any invoice; absent before its first change. */ readonly updated_index?: number;
      /** The object that was stored with it. */ readonly metadata?: unknown;
      /** What was asked for in a currency, and the rate that made it an amount of bitcoin. */ readonly price?: {
        /** The currency, by its ISO 4217 code. */ readonly currency: string;
        /** What was asked for, in the currency's smallest unit: 450 is 4.50 EUR, or 450 JPY. */ readonly amount: number;
        /** The same as a decimal number of the currency, such as `4.50`. */ readonly amount_text: string;
        /** What one bitcoin cost then, before the margin: a decimal number. */ readonly rate: string;
        /** When the sources said so, in Unix time: the oldest of them. */ readonly rate_at: number;
        /** The sources that agreed. */ readonly rate_sources: readonly string[];
        /** What the shop added, in millionths; below zero it is a discount. */ readonly margin_ppm: number;
      };
      /** It can be paid, but asks the payer for fewer than 19 blocks: a payment that leaves no more than it asks for is refused. Make a new invoice. */ readonly warning_cltv?: string;
    };
  };
  /** Command to enable or disable deprecated names */
  deprecations: {
    readonly params: {
      /** Whether deprecated names are allowed. */ readonly enable: boolean;
    };
    readonly result: Readonly<Record<string, never>>;
  };
  /** Command for disconnecting from another lightning node */
  disconnect: {
    readonly params: {
      /** The node. */ readonly id: string;
      /** Disconnect even if we have a channel with it. */ readonly force?: boolean;
    };
    readonly result: Readonly<Record<string, never>>;
  };
  /** Command for recovering channels from the emergency.recover file in the lightning directory */
  emergencyrecover: {
    readonly params: Readonly<Record<string, never>>;
    readonly result: {
      /** The recovered channels. */ readonly stubs: readonly string[];
    };
  };
  /** Command for exporting invoices, payments, fees, rates and refunds */
  exportledger: {
    readonly params: {
      /** What the answer is made for. */ readonly format?: 'json' | 'generic' | 'koinly' | 'cointracking';
      /** Only entries of this day (2026-01-01) or later; or of this Unix time. */ readonly from?: string;
      /** Only entries of this day (2026-01-31) or earlier; or before this Unix time. */ readonly until?: string;
      /** The IANA name of the time zone that days and times are of, such as Europe/Berlin. Default: the option `shop-timezone`. The times of `koinly` are always UTC. */ readonly timezone?: string;
      /** Only entries of these types. */ readonly types?:
        | 'invoice'
        | 'opening_fee'
        | 'refund'
        | 'refund_fee'
        | 'payment'
        | 'routing_fee'
        | 'deposit'
        | 'withdrawal'
        | 'closing_fee'
        | 'onchain_fee'
        | readonly (
            | 'invoice'
            | 'opening_fee'
            | 'refund'
            | 'refund_fee'
            | 'payment'
            | 'routing_fee'
            | 'deposit'
            | 'withdrawal'
            | 'closing_fee'
            | 'onchain_fee'
          )[];
    };
    readonly result: {
      /** The entries by time, with `format` json. */ readonly entries?: readonly {
        /** When, in Unix time. */ readonly time: number;
        /** The same in the time zone, such as `2026-01-31T23:59:59+01:00`. */ readonly time_text: string;
        /** `invoice`: An invoice was paid, over Lightning or on the chain. `opening_fee`: What a liquidity provider took off a payment, for the channel that it opened. `refund`: Money went back for an invoice. `refund_fee`: What sending that cost. `payment`: The shop paid over Lightning. `routing_fee`: What that cost. `deposit`: Somebody paid to an address of the wallet, and no invoice was paid by it. `withdrawal`: The wallet paid to an address of others. `closing_fee`: What a channel lost that was closed in agreement. `onchain_fee`: The fee of a transaction of the wallet. */ readonly type:
          | 'invoice'
          | 'opening_fee'
          | 'refund'
          | 'refund_fee'
          | 'payment'
          | 'routing_fee'
          | 'deposit'
          | 'withdrawal'
          | 'closing_fee'
          | 'onchain_fee';
        /** What the shop gained; below zero where money left. */ readonly amount_msat: number | bigint;
        /** The currency of the price. */ readonly currency?: string;
        /** What it gained at the rate that was pinned, in the currency's smallest unit. */ readonly amount?:
          | number
          | bigint;
        /** The same as a decimal number of the currency. */ readonly amount_text?: string;
        /** Units of the currency for one bitcoin. */ readonly rate?: string;
        /** When the sources said so, in Unix time. */ readonly rate_at?: number;
        /** The sources that agreed. */ readonly rate_sources?: readonly string[];
        /** Of the invoice or payment. */ readonly label?: string;
        /** Of the invoice or payment; the note of a refund. */ readonly description?: string;
        /** The payment hash, the transaction, or its output as `txid:outnum`. */ readonly reference?: string;
        /** The refund. */ readonly refund_id?: number;
      }[];
      /** The file, with the others. */ readonly lines?: readonly string[];
      /** `simple` with `lines`: they are to be shown as text. */ readonly 'format-hint'?: string;
    };
  };
  /** Command for querying recommended onchain feerates */
  feerates: {
    readonly params: {
      /** The unit: `perkw` or `perkb`. */ readonly style: 'perkw' | 'perkb';
    };
    readonly result: {
      /** Fee rates. */ readonly perkw?: {
        /** For opening a channel. */ readonly opening?: number;
        /** For a mutual close. */ readonly mutual_close?: number;
        /** For a commitment without anchors. */ readonly unilateral_close?: number;
        /** For a commitment with anchors. */ readonly unilateral_anchor_close?: number;
        /** For penalty transactions. */ readonly penalty?: number;
        /** The lowest that we accept from a peer. */ readonly min_acceptable: number;
        /** The highest that we accept from a peer. */ readonly max_acceptable: number;
        /** The lowest that nodes relay. */ readonly floor: number;
        /** The estimates of the source of blocks. */ readonly estimates: readonly {
          /** Within how many blocks. */ readonly blockcount: number;
          /** The estimate. */ readonly feerate: number;
          /** The same estimate: Till does not smooth it. */ readonly smoothed_feerate: number;
        }[];
      };
      /** Fee rates. */ readonly perkb?: {
        /** For opening a channel. */ readonly opening?: number;
        /** For a mutual close. */ readonly mutual_close?: number;
        /** For a commitment without anchors. */ readonly unilateral_close?: number;
        /** For a commitment with anchors. */ readonly unilateral_anchor_close?: number;
        /** For penalty transactions. */ readonly penalty?: number;
        /** The lowest that we accept from a peer. */ readonly min_acceptable: number;
        /** The highest that we accept from a peer. */ readonly max_acceptable: number;
        /** The lowest that nodes relay. */ readonly floor: number;
        /** The estimates of the source of blocks. */ readonly estimates: readonly {
          /** Within how many blocks. */ readonly blockcount: number;
          /** The estimate. */ readonly feerate: number;
          /** The same estimate: Till does not smooth it. */ readonly smoothed_feerate: number;
        }[];
      };
      /** What typical transactions cost. */ readonly onchain_fee_estimates?: {
        /** Opening a channel. */ readonly opening_channel_satoshis: number;
        /** A mutual close. */ readonly mutual_close_satoshis: number;
        /** A unilateral close of a channel with anchors, without HTLCs. */ readonly unilateral_close_satoshis: number;
        /** The same without anchors. */ readonly unilateral_close_nonanchor_satoshis: number;
        /** An HTLC-timeout transaction, without anchors. */ readonly htlc_timeout_satoshis: number;
        /** Taking an HTLC, without anchors. */ readonly htlc_success_satoshis: number;
      };
      /** Estimates are missing. */ readonly warning_missing_feerates?: string;
    };
  };
  /** Command for searching invoices, the newest first */
  findinvoices: {
    readonly params: {
      /** A label, or text in a label, a description or metadata, ignoring case; a payment hash; a BOLT 11 text; or `#` and the `created_index`. */ readonly text?: string;
      /** Only those with this status. */ readonly status?: 'unpaid' | 'paid' | 'expired';
      /** Only those created (with status `paid`: paid) at this Unix time or later, or from this day of the shop on. */ readonly since?:
        | number
        | bigint
        | string;
      /** Only those created (with status `paid`: paid) before this Unix time, or until the end of this day. */ readonly until?:
        | number
        | bigint
        | string;
      /** The `next_cursor` of the page before, with the same other parameters. */ readonly cursor?: string;
      /** The maximum number of invoices in the page, up to 500. */ readonly limit?: number;
    };
    readonly result: {
      /** The page. */ readonly invoices: readonly {
        /** The label that it was created with. */ readonly label: string;
        /** The invoice, as given to the payer. */ readonly bolt11: string;
        /** The hash of the preimage. */ readonly payment_hash: string;
        /** The amount; absent if the payer chooses it. */ readonly amount_msat?: number | bigint;
        /** `unpaid` can still be paid, `expired` no longer can. */ readonly status: 'unpaid' | 'paid' | 'expired';
        /** When paid: 1, 2, 3 ... in the order of payment. */ readonly pay_index?: number;
        /** When paid: the amount received, which may be more than the invoice asks for. */ readonly amount_received_msat?:
          | number
          | bigint;
        /** When paid through a channel that was bought for it: what the provider took off the payment. The payer paid `amount_received_msat` and this. */ readonly opening_fee_msat?:
          | number
          | bigint;
        /** When paid: the Unix time. */ readonly paid_at?: number;
        /** When paid on chain: the deposit that paid it, or the last one of several. */ readonly paid_outpoint?: {
          /** The transaction. */ readonly txid: string;
          /** The index of its output. */ readonly outnum: number;
        };
        /** When paid: the proof of payment. */ readonly payment_preimage?: string;
        /** The description; absent once it was removed. */ readonly description?: string;
        /** The Unix time from which it can no longer be paid. */ readonly expires_at: number;
        /** 1, 2, 3 ... in the order of creation. */ readonly created_index: number;
        /** A number that rises with every change of any invoice; absent before its first change. */ readonly updated_index?: number;
        /** The object that was stored with it. */ readonly metadata?: unknown;
        /** What was asked for in a currency, and the rate that made it an amount of bitcoin. */ readonly price?: {
          /** The currency, by its ISO 4217 code. */ readonly currency: string;
          /** What was asked for, in the currency's smallest unit: 450 is 4.50 EUR, or 450 JPY. */ readonly amount: number;
          /** The same as a decimal number of the currency, such as `4.50`. */ readonly amount_text: string;
          /** What one bitcoin cost then, before the margin: a decimal number. */ readonly rate: string;
          /** When the sources said so, in Unix time: the oldest of them. */ readonly rate_at: number;
          /** The sources that agreed. */ readonly rate_sources: readonly string[];
          /** What the shop added, in millionths; below zero it is a discount. */ readonly margin_ppm: number;
        };
        /** It can be paid, but asks the payer for fewer than 19 blocks: a payment that leaves no more than it asks for is refused. Make a new invoice. */ readonly warning_cltv?: string;
        /** When it was created, in Unix time. */ readonly created_at: number;
      }[];
      /** Where the next page begins; absent when there is none. */ readonly next_cursor?: string;
      /** With `next_cursor`: how far back this page looked, in Unix time of creation or payment. */ readonly looked_back_to?: number;
    };
  };
  /** Command for establishing a lightning channel */
  fundchannel: {
    readonly params: {
      /** The node. */ readonly id: string;
      /** The amount in satoshi. `all` is what the wallet holds beyond the reserve, but at most what a channel can hold. */ readonly amount:
        | number
        | bigint
        | string;
      /** The feerate of the funding transaction. Default: `opening`. */ readonly feerate?: number | bigint | string;
      /** Whether the channel is announced to the network once it is deep enough. */ readonly announce?: boolean;
      /** Confirmations that the coins must have. 0 also allows our own unconfirmed change. */ readonly minconf?:
        | number
        | bigint;
      /** An amount that is given to the peer at the start. It is not coming back. */ readonly push_msat?:
        | number
        | bigint
        | string;
      /** The coins to spend, all of them, each as `txid:vout`. */ readonly utxos?: readonly string[];
      /** Spend what is kept for closing channels too. Payments that the wallet can then not defend are refused. */ readonly force?: boolean;
    };
    readonly result: {
      /** The funding transaction. */ readonly tx: string;
      /** Its id. */ readonly txid: string;
      /** The output that holds the channel. */ readonly outnum: number;
      /** The channel. */ readonly channel_id: string;
      /** What kind of channel it is (BOLT 2). */ readonly channel_type: {
        /** Its feature bits. */ readonly bits: readonly number[];
        /** Their names; `/even`: required. */ readonly names: readonly string[];
      };
      /** That no address of the node is known, and what follows. */ readonly warning_no_address?: string;
      /** Confirmations after which it can be used. */ readonly mindepth: number;
    };
  };
  /** Command for adjusting node funding v2 channels */
  funderupdate: {
    readonly params: {
      /** Only `fixed`. */ readonly policy?: 'match' | 'available' | 'fixed';
      /** Only 0. */ readonly policy_mod?: number | bigint | string;
      /** Refused: Till contributes nothing. */ readonly leases_only?: unknown;
      /** Refused: Till contributes nothing. */ readonly min_their_funding_msat?: unknown;
      /** Refused: Till contributes nothing. */ readonly max_their_funding_msat?: unknown;
      /** Refused: Till contributes nothing. */ readonly per_channel_min_msat?: unknown;
      /** Refused: Till contributes nothing. */ readonly per_channel_max_msat?: unknown;
      /** Refused: Till contributes nothing. */ readonly reserve_tank_msat?: unknown;
      /** Refused: Till contributes nothing. */ readonly fuzz_percent?: unknown;
      /** Refused: Till contributes nothing. */ readonly fund_probability?: unknown;
      /** Refused: Till contributes nothing. */ readonly lease_fee_base_msat?: unknown;
      /** Refused: Till contributes nothing. */ readonly lease_fee_basis?: unknown;
      /** Refused: Till contributes nothing. */ readonly funding_weight?: unknown;
      /** Refused: Till contributes nothing. */ readonly channel_fee_max_base_msat?: unknown;
      /** Refused: Till contributes nothing. */ readonly channel_fee_max_proportional_thousandths?: unknown;
      /** Refused: Till contributes nothing. */ readonly compact_lease?: unknown;
    };
    readonly result: {
      /** The policy in words. */ readonly summary: string;
      /** The policy. */ readonly policy: 'fixed';
      /** The amount in satoshi: 0. */ readonly policy_mod: number;
      /** Whether we contribute for a fee only: false. */ readonly leases_only: boolean;
      /** 0. */ readonly min_their_funding_msat: number | bigint;
      /** 0. */ readonly max_their_funding_msat: number | bigint;
      /** 0. */ readonly per_channel_min_msat: number | bigint;
      /** 0. */ readonly per_channel_max_msat: number | bigint;
      /** 0. */ readonly reserve_tank_msat: number | bigint;
      /** 0. */ readonly fuzz_percent: number;
      /** In how many of 100 openings we contribute: 0. */ readonly fund_probability: number;
    };
  };
  /** Command to receive all information about the node */
  getinfo: {
    readonly params: Readonly<Record<string, never>>;
    readonly result: {
      /** The public key of the node. */ readonly id: string;
      /** The name that the node shows to others. */ readonly alias: string;
      /** The color that the node shows to others: six hex digits. */ readonly color: string;
      /** How many peers are connected or have a channel with us. */ readonly num_peers: number;
      /** Channels that are being opened. */ readonly num_pending_channels: number;
      /** Channels that can carry payments. */ readonly num_active_channels: number;
      /** Channels that are closing or closed. */ readonly num_inactive_channels: number;
      /** Where other nodes can reach this one. */ readonly address: readonly {
        /** What kind of address it is. */ readonly type:
          | 'ipv4'
          | 'ipv6'
          | 'torv3'
          | 'dns'
          | 'local socket'
          | 'websocket';
        /** The address in its usual spelling. */ readonly address: string;
        /** The port. */ readonly port: number;
      }[];
      /** Where this node listens. */ readonly binding: readonly {
        /** What kind of address it is. */ readonly type:
          | 'ipv4'
          | 'ipv6'
          | 'torv3'
          | 'dns'
          | 'local socket'
          | 'websocket';
        /** The address in its usual spelling. */ readonly address: string;
        /** The port. */ readonly port: number;
      }[];
      /** The version of Till. */ readonly version: string;
      /** The height of the newest block that was processed. */ readonly blockheight: number;
      /** The Bitcoin network. */ readonly network: string;
      /** Fees earned by forwarding. Till forwards nothing, so it is 0. */ readonly fees_collected_msat:
        | number
        | bigint;
      /** The directory of this network's files. */ readonly 'lightning-dir': string;
      /** Feature bits (BOLT 9), by the message that shows them. */ readonly our_features: {
        /** In `init`, to peers. */ readonly init: string;
        /** In the node announcement. */ readonly node: string;
        /** In channel announcements. */ readonly channel: string;
        /** In invoices. */ readonly invoice: string;
      };
      /** How this node stands to the other one, where the database is on a server. */ readonly pair?: {
        /** Whether this node works, or waits to take over. */ readonly state: 'active' | 'standby';
        /** The name of this node: the option `node-name`. */ readonly node_name: string;
        /** The name of the node that works; empty while none does. */ readonly holder: string;
        /** The nodes that wait to take over. */ readonly standbys: readonly string[];
      };
      /** The server may lose what it confirmed when a replica takes its place. Says what to do. */ readonly warning_database_asynchronous?: string;
      /** What is kept for closing channels. */ readonly reserve: {
        /** What the wallet should keep: for the channels that there are, and for fees as they may rise. */ readonly wanted_msat:
          | number
          | bigint;
        /** What it has for that: all of its confirmed coins. */ readonly held_msat: number | bigint;
        /** In how many coins it should be kept. */ readonly coins_wanted: number;
        /** How many there are. */ readonly coins_held: number;
        /** The feerate that it is to bear, in satoshi per 1000 weight. */ readonly feerate_perkw: number;
        /** The option `undefended-msat`: payments on their way up to this need no reserve. */ readonly undefended_msat:
          | number
          | bigint;
      };
      /** What the wallet lacks of the reserve, what follows from it, and what to do. */ readonly warning_reserve?: string;
      /** The source of blocks is not up to date: it waits for blocks itself, does not answer, is behind what this node has seen, or its newest block is older than `max-tip-age`. Payments wait, and are refused after a minute. */ readonly warning_bitcoind_sync?: string;
      /** Till is still reading blocks from its source. Payments wait for it, and are refused after a minute. */ readonly warning_lightningd_sync?: string;
      /** This machine has no binary of libsecp256k1: signatures take longer. Says how to get it. */ readonly warning_libsecp256k1?: string;
    };
  };
  /** Command to show log messages */
  getlog: {
    readonly params: {
      /** The lowest level that is shown; lines of `debug` are not kept. */ readonly level?:
        | 'debug'
        | 'info'
        | 'unusual'
        | 'broken';
      /** Only so many of the newest lines. */ readonly limit?: number;
    };
    readonly result: {
      /** When the oldest line was written: seconds since 1970, with nine decimals. */ readonly created_at: string;
      /** The characters of the lines that are kept. */ readonly bytes_used: number;
      /** The most that they may have. */ readonly bytes_max: number;
      /** The lines, the oldest first. */ readonly log: readonly {
        /** The level. */ readonly type: 'DEBUG' | 'INFO' | 'UNUSUAL' | 'BROKEN';
        /** Seconds since `created_at`, with nine decimals. */ readonly time: string;
        /** The Unix time in milliseconds. */ readonly time_ms: number;
        /** What wrote it. */ readonly source: string;
        /** The line. */ readonly log: string;
      }[];
    };
  };
  /** Command for finding a route to a node */
  getroute: {
    readonly params: {
      /** Where to. */ readonly id: string;
      /** The amount that must arrive. 0 ignores the minimum of channels. */ readonly amount_msat:
        | number
        | bigint
        | string;
      /** How much delay counts against fees: percent of the amount a year. */ readonly riskfactor: number;
      /** Blocks that must be left at the end of the route. */ readonly cltv?: number;
      /** The start of the route. Default: our own node. */ readonly fromid?: string;
      /** Accepted and ignored. */ readonly fuzzpercent?: number;
      /** Channels (`SCID` or `SCID/DIRECTION`) and nodes to leave out. */ readonly exclude?: readonly string[];
      /** The maximum number of hops. */ readonly maxhops?: number;
    };
    readonly result: {
      /** The hops, in order. */ readonly route: readonly {
        /** The node at the end of the hop. */ readonly id: string;
        /** The channel. */ readonly channel: string;
        /** 0 from the smaller node id to the larger, 1 the other way. */ readonly direction: number;
        /** The amount that arrives there. */ readonly amount_msat: number | bigint;
        /** Blocks left there. */ readonly delay: number;
        /** The format of its payload. */ readonly style: 'tlv';
      }[];
    };
  };
  /** Command for routing a payment */
  getroutes: {
    readonly params: {
      /** Where from. */ readonly source: string;
      /** Where to. */ readonly destination: string;
      /** The amount that must arrive. */ readonly amount_msat: number | bigint | string;
      /** Layers: `auto.localchans` (our channels, with what they can send now), `auto.sourcefree` (the first hop costs nothing), `auto.include_fees` (the payee pays the fees), `auto.no_mpp_support` (one route only). */ readonly layers: readonly string[];
      /** The maximum fee. */ readonly maxfee_msat: number | bigint | string;
      /** Blocks that must be left at the end. */ readonly final_cltv: number;
      /** The maximum number of blocks that the money may be locked. */ readonly maxdelay?: number;
      /** The maximum number of routes. */ readonly maxparts?: number;
    };
    readonly result: {
      /** How likely it is that all of them work, in millionths. */ readonly probability_ppm: number;
      /** The routes. */ readonly routes: readonly {
        /** How likely it is that this one works, in millionths. */ readonly probability_ppm: number;
        /** The amount that arrives by it. */ readonly amount_msat: number | bigint;
        /** Blocks left at the end. */ readonly final_cltv: number;
        /** Its hops, in order. */ readonly path: readonly {
          /** The channel and its direction, as `SCID/DIRECTION`. */ readonly short_channel_id_dir: string;
          /** The node that forwards over it. */ readonly node_id_in: string;
          /** The node at its end. */ readonly node_id_out: string;
          /** The amount that the first of them has. */ readonly amount_in_msat: number | bigint;
          /** The amount that the other gets. The rest is the fee. */ readonly amount_out_msat: number | bigint;
          /** Blocks left at the first. */ readonly cltv_in: number;
          /** Blocks left at the other. */ readonly cltv_out: number;
          /** The same as node_id_out. */ readonly next_node_id: string;
          /** The same as amount_in_msat. */ readonly amount_msat: number | bigint;
          /** The same as cltv_in. */ readonly delay: number;
        }[];
      }[];
    };
  };
  /** Command to return all information about RPC commands */
  help: {
    readonly params: {
      /** Only this command. */ readonly command?: string;
    };
    readonly result: {
      /** The commands, by name. */ readonly help: readonly {
        /** The name and the parameters. */ readonly command: string;
      }[];
      /** Tells `lightning-cli` to print plain text. */ readonly 'format-hint'?: 'simple';
    };
  };
  /** Command for telling how much can be received now, how much was needed, and what more costs */
  inbound: {
    readonly params: {
      /** How many weeks are looked back at: 1 to 52. */ readonly weeks?: number;
      /** Whether providers are asked for a price. */ readonly ask?: boolean;
    };
    readonly result: {
      /** The largest payment that can arrive in one part now. */ readonly largest_msat: number | bigint;
      /** What all channels can receive now together; a payer that splits a payment can use it all. */ readonly receivable_msat:
        | number
        | bigint;
      /** What more could be received if the peers that are away were there. */ readonly offline_msat: number | bigint;
      /** The most that came in one of the last weeks. */ readonly busiest_week_msat: number | bigint;
      /** The largest payment of that time. */ readonly largest_payment_msat: number | bigint;
      /** The cheapest channel that would hold the busiest week. */ readonly offer?: {
        /** Whose it is. */ readonly provider_id: string;
        /** What could be received over the channel. */ readonly amount_msat: number | bigint;
        /** What it costs. */ readonly fee_msat: number | bigint;
        /** How long the provider keeps it. */ readonly months: number;
      };
      /** The same in sentences. */ readonly summary: string;
    };
  };
  /** Command for accepting payments */
  invoice: {
    readonly params: {
      /** Your own unique name for this invoice: text or a number (`1` and `"1"` are the same, `01` is different), at most 128 bytes. No other node sees it. */ readonly label:
        | string
        | number
        | bigint;
      /** What the payment is for, in at most 639 bytes of UTF-8, without `\u` escapes. It is part of the invoice, so everybody who has the invoice can read it. */ readonly description: string;
      /** Seconds for which the invoice can be paid. Default: the option `invoices-expiry`, normally 3600. */ readonly expiry?:
        | number
        | bigint;
      /** Addresses for paying on chain instead, the preferred one first. Till does not track payments to them. Without this, and with `invoices-onchain-fallback`, the node adds a new address of its own, and what is deposited there in time pays the invoice. */ readonly fallbacks?: readonly string[];
      /** The preimage to use, 64 hex digits. It must be as unpredictable as a key, and stay secret until the payment. Default: a random one. */ readonly preimage?: string;
      /** Whether unannounced channels are named in the invoice: `true`, `false`, or the channels that may be. Default: only when no announced channel that is up can take the amount. */ readonly exposeprivatechannels?:
        | boolean
        | string
        | readonly string[];
      /** Blocks that the payer must leave the node to claim the payment in. Default: `cltv-final` (24). At least 19: the node claims a payment on the chain 18 blocks before it expires, so an invoice that asks for less could be paid by nobody. An HTLC is taken when it leaves three blocks less than this, but never fewer than 19: the payer may not have heard of the newest block. */ readonly cltv?: number;
      /** Put only the SHA-256 of the description into the invoice; the text may then have 262,144 bytes. The node keeps the text. */ readonly deschashonly?: boolean;
      /** The SHA-256 of a text that is kept elsewhere, to put into the invoice instead of the description. */ readonly description_hash?: string;
      /** With `currency`: the amount in the currency's smallest unit. 450 is 4.50 EUR, 450 JPY, or 0.450 KWD. */ readonly amount?:
        | number
        | bigint;
      /** An object to keep with the invoice, 262,144 bytes at most. The payer never sees it. */ readonly metadata?: Readonly<
        Record<string, unknown>
      >;
      /** Make a page on which the customer pays, and answer its address. Needs the option `shop-bind`. */ readonly checkout?: boolean;
      /** With `checkout`: where the page leads back to, an `https://` URL (`http://` only on this machine). */ readonly redirect_url?: string;
      /** With `checkout`: once the invoice has expired, the page offers another one like it. Its label is this one with `~2`, then `~3` and so on. */ readonly checkout_renewal?: boolean;
      /** Buy a channel of a liquidity provider (option `lsp`) that the payment of this invoice opens, so that it can be paid although no channel can receive it: `true`; or `auto`, when nothing else can receive the amount. The provider takes its fee off the payment. */ readonly jit?:
        | boolean
        | 'auto';
      /** If an invoice with this label exists and was made with the same parameters, answer it instead of an error. A price is the same whatever the rate has become. */ readonly idempotent?: boolean;
    } & (
      | {
          /** The amount: millisatoshi as a number, or text that ends in `msat`, `sat` or `btc`; `any` lets the payer choose. An amount up to twice this one is accepted. */ readonly amount_msat:
            | number
            | bigint
            | string;
          readonly currency?: undefined;
        }
      | {
          /** Ask for an amount of this currency (ISO 4217 code) instead of `amount_msat`: it becomes bitcoin at the rate of now, which is kept with the invoice. Without a fresh rate there is no invoice. */ readonly currency: string;
          readonly amount_msat?: undefined;
        }
    );
    readonly result: {
      /** The hash of the preimage. It identifies the payment. */ readonly payment_hash: string;
      /** The Unix time from which it can no longer be paid. */ readonly expires_at: number;
      /** The same, under its older name. */ readonly expiry_time: number;
      /** The invoice: give this to the payer. */ readonly bolt11: string;
      /** The secret that proves that a payer has read the invoice. It is also in the invoice. */ readonly payment_secret: string;
      /** 1, 2, 3 ... in the order of creation. */ readonly created_index: number;
      /** With `checkout`: the address of the page. Whoever has it sees the page, and nobody can guess it. */ readonly checkout_url?: string;
      /** With `currency`: the amount in bitcoin. */ readonly amount_msat?: number | bigint;
      /** What was asked for in a currency, and the rate that made it an amount of bitcoin. */ readonly price?: {
        /** The currency, by its ISO 4217 code. */ readonly currency: string;
        /** What was asked for, in the currency's smallest unit: 450 is 4.50 EUR, or 450 JPY. */ readonly amount: number;
        /** The same as a decimal number of the currency, such as `4.50`. */ readonly amount_text: string;
        /** What one bitcoin cost then, before the margin: a decimal number. */ readonly rate: string;
        /** When the sources said so, in Unix time: the oldest of them. */ readonly rate_at: number;
        /** The sources that agreed. */ readonly rate_sources: readonly string[];
        /** What the shop added, in millionths; below zero it is a discount. */ readonly margin_ppm: number;
      };
      /** Insufficient incoming channel capacity to pay invoice: all channels together would not do. */ readonly warning_capacity?: string;
      /** Insufficient incoming capacity, once offline peers were excluded: with them it would suffice. */ readonly warning_offline?: string;
      /** Insufficient incoming capacity, once dead-end peers were excluded: with them it would suffice. */ readonly warning_deadends?: string;
      /** Insufficient incoming capacity, once private channels were excluded (try exposeprivatechannels=true?). */ readonly warning_private_unused?: string;
      /** The invoice is only payable by MPP-capable payers. No single channel suffices. */ readonly warning_mpp?: string;
      /** A payment of this amount would be refused, because the wallet could not bring it to the chain: how much is missing, and what to do. */ readonly warning_reserve?: string;
      /** With `jit`: what the provider takes off the payment for the channel. When the payer chooses the amount: at least that; see `warning_jit`. */ readonly opening_fee_msat?:
        | number
        | bigint;
      /** With `jit` and an amount: what will be received of it. */ readonly amount_expected_msat?: number | bigint;
      /** With `jit`: the provider. */ readonly lsp?: string;
      /** With `jit`: what the payment costs, and whom it depends on; or, with `auto`, why no channel was bought. */ readonly warning_jit?: string;
      /** The source of blocks is not up to date: it waits for blocks itself, does not answer, is behind what this node has seen, or its newest block is older than `max-tip-age`. Payments wait, and are refused after a minute. */ readonly warning_bitcoind_sync?: string;
      /** Till is still reading blocks from its source. Payments wait for it, and are refused after a minute. */ readonly warning_lightningd_sync?: string;
    };
  };
  /** Send funds to a node without an invoice */
  keysend: {
    readonly params: {
      /** The node that is paid. */ readonly destination: string;
      /** What it gets. */ readonly amount_msat: number | bigint | string;
      /** A label, stored with the payment. The payee does not see it. */ readonly label?: string | number | bigint;
      /** The maximum fee in percent of the amount. Default: 0.5. */ readonly maxfeepercent?: number;
      /** Seconds after which Till stops trying. The first attempt is always made. */ readonly retry_for?: number;
      /** The maximum number of blocks that the money may be locked. */ readonly maxdelay?: number;
      /** Fees up to this amount are allowed whatever `maxfeepercent` says. Default: 5000 msat. */ readonly exemptfee?:
        | number
        | bigint
        | string;
      /** Ways to a payee that the map does not have: arrays of hops with `id`, `scid`, `feebase`, `feeprop` and `expirydelta`. */ readonly routehints?: readonly (readonly {
        readonly id: string;
        readonly scid: string;
        readonly feebase: number | bigint | string;
        readonly feeprop: number;
        readonly expirydelta: number;
      }[])[];
      /** Records for the payee, by their numbers (65536 or more), each in hex: `{"133773310": "68656c6c6f"}`. */ readonly extratlvs?: Readonly<
        Record<string, unknown>
      >;
      /** The maximum fee, instead of `maxfeepercent` and `exemptfee`. */ readonly maxfee?: number | bigint | string;
    };
    readonly result: {
      /** The proof of payment. */ readonly payment_preimage: string;
      /** Its hash. */ readonly payment_hash: string;
      /** The payee. */ readonly destination: string;
      /** The Unix time of its first part. */ readonly created_at: number;
      /** The number of parts. */ readonly parts: number;
      /** The amount that the payee gets. */ readonly amount_msat: number | bigint;
      /** The amount that we send, fees included. */ readonly amount_sent_msat: number | bigint;
      /** It is paid. */ readonly status: 'complete';
      /** Set if some parts failed on the way. */ readonly warning_partial_completion?: string;
    };
  };
  /** Command for listing who changed what through the dashboard and the counter */
  listactions: {
    readonly params: {
      /** Only actions with a lower number: the last one of the page before. */ readonly before?: number | bigint;
      /** The maximum number of actions. */ readonly limit?: number;
    };
    readonly result: {
      /** The actions. */ readonly actions: readonly {
        /** Its number: 1, 2, 3 ... in the order in which they were asked for. */ readonly action_id: number;
        /** When, in Unix time. */ readonly time: number;
        /** The session. */ readonly session_id: number;
        /** The name of the user at that time. */ readonly user: string;
        /** The role of the user at that time. */ readonly role: 'owner' | 'cashier' | 'accountant';
        /** The command. */ readonly method: string;
        /** Its parameters as JSON, without secrets, cut at 1,000 characters. */ readonly params: string;
        /** What came of it; `unknown` while it runs, and when the node ended before it did. */ readonly outcome:
          | 'done'
          | 'failed'
          | 'unknown';
        /** What it failed with. */ readonly error?: string;
      }[];
    };
  };
  /** Command for listing backups and their age */
  listbackups: {
    readonly params: Readonly<Record<string, never>>;
    readonly result: {
      /** The file of static backups: `emergency.recover` in the directory of the network. */ readonly emergency_file: string;
      /** When it was written, in Unix time; absent before there was a channel. */ readonly emergency_written_at?: number;
      /** Channels whose static backups are in it. */ readonly channels: number;
      /** The last 20 copies, the newest first. */ readonly copies: readonly {
        /** When it was made, in Unix time. */ readonly made_at: number;
        /** The file. */ readonly destination: string;
        /** Its size. */ readonly size_bytes: number;
      }[];
    };
  };
  /** Command for listing channels that were bought of liquidity providers */
  listchannelorders: {
    readonly params: {
      /** Only the order of this number. */ readonly order?: number | bigint;
    };
    readonly result: {
      /** The orders. */ readonly orders: readonly {
        /** Its number, counted by this node. */ readonly order: number;
        /** The provider. */ readonly provider_id: string;
        /** `quoted`: its price is known, nothing is bought. `paying`: it is being paid. `paid`: the provider owes the channel. `delivered`: the channel is there. `refunded`: no channel, and the money came back. `failed`: no channel; `problem` says what became of the money. `expired`: it was not paid in time. */ readonly status:
          | 'quoted'
          | 'paying'
          | 'paid'
          | 'delivered'
          | 'refunded'
          | 'failed'
          | 'expired';
        /** What the provider puts into the channel. */ readonly amount_msat: number | bigint;
        /** What it costs, by the way that was or would be taken to pay. */ readonly fee_msat?: number | bigint;
        /** How it is paid. */ readonly pay_way?: 'lightning' | 'onchain';
        /** For so many blocks the provider keeps the channel. */ readonly channel_expiry_blocks: number;
        /** Whether the channel is to be public. */ readonly announce: boolean;
        /** Who bought it: you, or the node by itself. */ readonly wanted_by: 'operator' | 'inbound-keep';
        /** When its price was asked for: Unix time. */ readonly created_at: number;
        /** Until when the price holds: Unix time. */ readonly expires_at?: number;
        /** When it was paid: Unix time. */ readonly paid_at?: number;
        /** The transaction that paid it, on the chain. */ readonly payment_txid?: string;
        /** The funding transaction of the channel. */ readonly funding_txid?: string;
        /** The output of it. */ readonly funding_outnum?: number;
        /** Until when the provider says that it keeps the channel: Unix time. */ readonly channel_expires_at?: number;
        /** What is wrong with it. */ readonly problem?: string;
        /** The same as a sentence. */ readonly summary: string;
      }[];
    };
  };
  /** Command to query active lightning channels in the entire network */
  listchannels: {
    readonly params: {
      /** Only this channel. */ readonly short_channel_id?: string;
      /** Only channels from this node. */ readonly source?: string;
      /** Only channels to this node. */ readonly destination?: string;
    };
    readonly result: {
      /** The directions of channels. */ readonly channels: readonly {
        /** The node that sends in this direction. */ readonly source: string;
        /** The other node. */ readonly destination: string;
        /** The place of the funding output on chain. */ readonly short_channel_id: string;
        /** 0 from the smaller node id to the larger, 1 the other way. */ readonly direction: number;
        /** Whether it is announced: always true. */ readonly public: boolean;
        /** The capacity of the channel. */ readonly amount_msat: number | bigint;
        /** As in the `channel_update` (BOLT 7). */ readonly message_flags: number;
        /** As in the `channel_update` (BOLT 7). */ readonly channel_flags: number;
        /** Whether the source takes payments in this direction. */ readonly active: boolean;
        /** The Unix time of the `channel_update`. */ readonly last_update: number;
        /** The base fee. */ readonly base_fee_millisatoshi: number;
        /** The proportional fee. */ readonly fee_per_millionth: number;
        /** The blocks that the source asks for (`cltv_expiry_delta`). */ readonly delay: number;
        /** The smallest payment. */ readonly htlc_minimum_msat: number | bigint;
        /** The largest payment. */ readonly htlc_maximum_msat: number | bigint;
        /** The feature bits of the channel. */ readonly features: string;
      }[];
    };
  };
  /** Get data on our closed historical channels */
  listclosedchannels: {
    readonly params: {
      /** Only channels with this node. */ readonly id?: string;
    };
    readonly result: {
      /** The channels. */ readonly closedchannels: readonly {
        /** The peer. */ readonly peer_id: string;
        /** The channel. */ readonly channel_id: string;
        /** Its name. */ readonly short_channel_id?: string;
        /** Aliases, which only the two sides used. */ readonly alias: {
          /** The alias that the peer used. */ readonly local?: string;
          /** The alias that we used. */ readonly remote?: string;
        };
        /** Who opened it. */ readonly opener: 'local' | 'remote';
        /** Who began to close it. */ readonly closer: 'local' | 'remote';
        /** Whether it was not announced. */ readonly private: boolean;
        /** What kind of channel it is (BOLT 2). */ readonly channel_type: {
          /** Its feature bits. */ readonly bits: readonly number[];
          /** Their names; `/even`: required. */ readonly names: readonly string[];
        };
        /** True: it was recovered from a backup of its terms. What passed over it is unknown, and shown as 0. */ readonly figures_unknown?: boolean;
        /** How many commitments we had. */ readonly total_local_commitments: number;
        /** How many commitments the peer had. */ readonly total_remote_commitments: number;
        /** How many HTLCs we offered. */ readonly total_htlcs_sent: number;
        /** The funding transaction. */ readonly funding_txid: string;
        /** The output in it. */ readonly funding_outnum: number;
        /** Whether it was leased; Till leases none. */ readonly leased: boolean;
        /** Whether its funding was never sent; Till sends it or forgets the channel. */ readonly funding_withheld: boolean;
        /** Its capacity. */ readonly total_msat: number | bigint;
        /** What was ours at the end, before fees. */ readonly final_to_us_msat: number | bigint;
        /** The least that ever was ours. */ readonly min_to_us_msat: number | bigint;
        /** The most that ever was ours. */ readonly max_to_us_msat: number | bigint;
        /** Our last commitment, or the mutual close. Missing when neither is known. */ readonly last_commitment_txid?: string;
        /** Its fee. */ readonly last_commitment_fee_msat?: number | bigint;
        /** Why it was closed: unknown, local, user, remote, protocol or onchain. */ readonly close_cause: string;
        /** What spent the funding: a mutual close, our commitment (local), the peer's (remote, revoked), or an unknown one. */ readonly ending?: string;
        /** The transaction that spent the funding. */ readonly closing_txid?: string;
        /** The block at which everything was resolved. */ readonly resolved_height?: number;
        /** The Unix time at which its connection had last lasted a minute; absent if it never did. */ readonly last_stable_connection?: number;
      }[];
    };
  };
  /** Command to list all configuration options */
  listconfigs: {
    readonly params: {
      /** The one option to show; not set and without a default, it is omitted. */ readonly config?: string;
    };
    readonly result: {
      /** The options by name: `{NAME: {value_str: ..., source: ...}}`. */ readonly configs: unknown;
    };
  };
  /** Command for the exchange rate of each source */
  listcurrencyrates: {
    readonly params: {
      /** The ISO 4217 code of the currency, in either case. */ readonly currency: string;
    };
    readonly result: {
      /** By the names of the sources. */ readonly currencyrates: readonly {
        /** The name of the source. */ readonly source: string;
        /** Units of the currency for one bitcoin. */ readonly amount: number;
        /** When it said so, in Unix time. */ readonly updated_at: number;
      }[];
    };
  };
  /** Command for listing (plugin) data */
  listdatastore: {
    readonly params: {
      /** Only what lies under this key. */ readonly key?: unknown;
    };
    readonly result: {
      /** What is stored: nothing. */ readonly datastore: readonly {
        /** The key. */ readonly key: readonly string[];
        /** How often it was changed. */ readonly generation?: number;
        /** What is stored. */ readonly hex?: string;
        /** The same as text. */ readonly string?: string;
      }[];
    };
  };
  /** Command for listing the attempts of a webhook */
  listdeliveries: {
    readonly params: {
      /** The number of the webhook. */ readonly webhook_id: number;
      /** Only attempts of this event. */ readonly event_id?: number | bigint;
      /** The maximum number of attempts. */ readonly limit?: number;
    };
    readonly result: {
      /** The attempts. */ readonly deliveries: readonly {
        /** Its number: 1, 2, 3 ... for each webhook. */ readonly attempt: number;
        /** The event; absent for a test. */ readonly event_id?: number;
        /** The header `webhook-id`: the same over all attempts of an event. */ readonly message_id: string;
        /** When, in Unix time. */ readonly tried_at: number;
        /** How long it took, in milliseconds. */ readonly duration_ms: number;
        /** Whether the receiver has taken it: it answered a status of 2xx. */ readonly delivered: boolean;
        /** The status that it answered. */ readonly status?: number;
        /** What went wrong. */ readonly failure?: string;
      }[];
    };
  };
  /** Command for listing deposits that did not pay their invoice */
  listdeposits: {
    readonly params: {
      /** Those that want a decision, or those that have one. */ readonly which?: 'open' | 'decided';
      /** The maximum number of deposits. */ readonly limit?: number;
    };
    readonly result: {
      /** The deposits. */ readonly deposits: readonly {
        /** The transaction. */ readonly txid: string;
        /** The index of its output. */ readonly outnum: number;
        /** The label of the invoice that it was meant for. */ readonly label: string;
        /** The number of that invoice, which may have been deleted. */ readonly created_index: number;
        /** Its amount. */ readonly amount_msat: number | bigint;
        /** The height of its block. */ readonly blockheight?: number;
        /** `short`: all deposits together are less than the invoice asks for; `late`: it came when the invoice had expired, was paid or was deleted. */ readonly status:
          | 'short'
          | 'late';
        /** What the shop decided. */ readonly decision?: 'kept' | 'returned';
        /** What the shop wrote to it. */ readonly note?: string;
        /** When, in Unix time. */ readonly decided_at?: number;
      }[];
    };
  };
  /** Command for listing what happened */
  listevents: {
    readonly params: {
      /** Only events with a higher number. 0 begins with the oldest that is kept. */ readonly after?: number | bigint;
      /** Only these types. A word without a dot means all of its family: `invoice`, `deposit`, `channel`, `warning`. */ readonly types?:
        | string
        | readonly string[];
      /** Only events of invoices whose label begins with this. */ readonly label_prefix?: string;
      /** The maximum number of events. Default: all. */ readonly limit?: number;
      /** Only events of the invoice with this label, found by an index. */ readonly label?: string;
    };
    readonly result: {
      /** The number of the newest event of all; 0 when there was none. */ readonly last_id: number;
      /** The number of the oldest event that is kept, or will be given next. */ readonly oldest_id: number;
      /** With `limit` up to 500: give it as the next `after`. Up to here no wanted event is missing. */ readonly next_after?: number;
      /** The events. */ readonly events: readonly {
        /** Its number: 1, 2, 3 ... without gaps. Give it as the next `after`. */ readonly id: number;
        /** What happened. */ readonly type:
          | 'invoice.created'
          | 'invoice.paid'
          | 'invoice.expired'
          | 'invoice.deleted'
          | 'deposit.seen'
          | 'deposit.confirmed'
          | 'deposit.short'
          | 'deposit.late'
          | 'deposit.reorged'
          | 'refund.created'
          | 'refund.sent'
          | 'refund.failed'
          | 'channel.opened'
          | 'channel.closing'
          | 'channel.closed'
          | 'inbound.ordered'
          | 'inbound.delivered'
          | 'inbound.refunded'
          | 'inbound.failed'
          | 'warning.no_inbound'
          | 'warning.funding_missing'
          | 'warning.inbound_limit'
          | 'warning.reserve_short'
          | 'warning.webhook_disabled';
        /** When, in Unix time. */ readonly time: number;
        /** The label of the invoice that it is about. */ readonly label?: string;
        /** More about it: an object, by type. */ readonly data: unknown;
      }[];
    };
  };
  /** Command showing all htlcs and their information */
  listforwards: {
    readonly params: {
      /** Only those with this status. */ readonly status?: 'offered' | 'settled' | 'local_failed' | 'failed';
      /** Only those that came over this channel. */ readonly in_channel?: string;
      /** Only those that left over this channel. */ readonly out_channel?: string;
      /** The order. */ readonly index?: 'created' | 'updated';
      /** The first index to list. */ readonly start?: number | bigint;
      /** The most to list. */ readonly limit?: number;
    };
    readonly result: {
      /** The forwarded payments: none. */ readonly forwards: readonly {
        /** The index of its creation. */ readonly created_index: number;
        /** The channel on which it came. */ readonly in_channel: string;
        /** What came. */ readonly in_msat: number | bigint;
        /** Its state. */ readonly status: 'offered' | 'settled' | 'local_failed' | 'failed';
        /** The Unix time when it came. */ readonly received_time: number;
      }[];
    };
  };
  /** Command showing all funds currently managed by the node */
  listfunds: {
    readonly params: {
      /** Whether to list spent outputs too. */ readonly spent?: boolean;
    };
    readonly result: {
      /** The outputs of the wallet. */ readonly outputs: readonly {
        /** The transaction that created the output. */ readonly txid: string;
        /** The index of the output. */ readonly output: number;
        /** Its amount. */ readonly amount_msat: number | bigint;
        /** Its script. */ readonly scriptpubkey: string;
        /** Its address. */ readonly address?: string;
        /** Its state on chain. */ readonly status: 'unconfirmed' | 'confirmed' | 'spent' | 'immature';
        /** The height of its block. */ readonly blockheight?: number;
        /** If it was deposited to the address of an invoice: the label of that invoice. */ readonly invoice_label?: string;
        /** Whether that deposit is waiting for confirmations, paid the invoice, is too small so far, or was too late. */ readonly deposit_status?:
          | 'pending'
          | 'paid'
          | 'short'
          | 'late';
        /** Whether one of our transactions that is not mined yet spends it. */ readonly reserved: boolean;
        /** That transaction. */ readonly reserved_by?: string;
        /** What that transaction is for: funding (a channel), withdrawal or fees (of a closing channel), and whether it is held back or sent. */ readonly reserved_for?: string;
      }[];
      /** The channels. */ readonly channels: readonly {
        /** The peer. */ readonly peer_id: string;
        /** What is ours, or was when it was closed. 0 if that is unknown. */ readonly our_amount_msat: number | bigint;
        /** True: the channel was recovered from a backup of its terms, and nobody knows what is ours in it. */ readonly amount_unknown?: boolean;
        /** The capacity of the channel. */ readonly amount_msat: number | bigint;
        /** The funding transaction. */ readonly funding_txid: string;
        /** The funding output's index there. */ readonly funding_output: number;
        /** Whether the peer is connected. */ readonly connected: boolean;
        /** The state of the channel; CHANNELD_NORMAL can carry payments. */ readonly state: string;
        /** The id of the channel. */ readonly channel_id: string;
        /** The place of the funding output on chain. */ readonly short_channel_id?: string;
      }[];
      /** Money on its way from closed channels to the wallet. */ readonly sweeps: readonly {
        /** The channel that it was in. */ readonly channel_id: string;
        /** The peer. */ readonly peer_id: string;
        /** The transaction that created the output. */ readonly txid: string;
        /** The index of the output. */ readonly output: number;
        /** Its amount, before the fee for taking it. */ readonly amount_msat: number | bigint;
        /** Core Lightning's word for it, such as DELAYED_OUTPUT_TO_US or THEIR_HTLC. */ readonly output_type: string;
        /** The first block that may hold the transaction that takes it. */ readonly claimable_height: number;
        /** That transaction, once it is sent; it changes when its fee is raised. */ readonly sweep_txid?: string;
      }[];
      /** What is kept for closing channels. */ readonly reserve: {
        /** What the wallet should keep: for the channels that there are, and for fees as they may rise. */ readonly wanted_msat:
          | number
          | bigint;
        /** What it has for that: all of its confirmed coins. */ readonly held_msat: number | bigint;
        /** In how many coins it should be kept. */ readonly coins_wanted: number;
        /** How many there are. */ readonly coins_held: number;
        /** The feerate that it is to bear, in satoshi per 1000 weight. */ readonly feerate_perkw: number;
        /** The option `undefended-msat`: payments on their way up to this need no reserve. */ readonly undefended_msat:
          | number
          | bigint;
      };
      /** What the wallet lacks of the reserve, what follows from it, and what to do. */ readonly warning_reserve?: string;
    };
  };
  /** Command for querying HTLCs */
  listhtlcs: {
    readonly params: {
      /** Only HTLCs of this channel: its channel_id, short_channel_id or alias, or its peer. */ readonly id?: string;
    };
    readonly result: {
      /** The HTLCs. */ readonly htlcs: readonly {
        /** The channel: its real name, or our alias before it has one. */ readonly short_channel_id: string;
        /** Its id, counted by the side that offered it. */ readonly id: number;
        /** The block at which it times out. */ readonly expiry: number;
        /** Its amount. */ readonly amount_msat: number | bigint;
        /** Offered by us (`out`) or by the peer. */ readonly direction: 'out' | 'in';
        /** Its payment hash. */ readonly payment_hash: string;
        /** Its state. */ readonly state:
          | 'SENT_ADD_HTLC'
          | 'SENT_ADD_COMMIT'
          | 'RCVD_ADD_REVOCATION'
          | 'RCVD_ADD_ACK_COMMIT'
          | 'SENT_ADD_ACK_REVOCATION'
          | 'RCVD_REMOVE_HTLC'
          | 'RCVD_REMOVE_COMMIT'
          | 'SENT_REMOVE_REVOCATION'
          | 'SENT_REMOVE_ACK_COMMIT'
          | 'RCVD_REMOVE_ACK_REVOCATION'
          | 'RCVD_ADD_HTLC'
          | 'RCVD_ADD_COMMIT'
          | 'SENT_ADD_REVOCATION'
          | 'SENT_ADD_ACK_COMMIT'
          | 'RCVD_ADD_ACK_REVOCATION'
          | 'SENT_REMOVE_HTLC'
          | 'SENT_REMOVE_COMMIT'
          | 'RCVD_REMOVE_REVOCATION'
          | 'RCVD_REMOVE_ACK_COMMIT'
          | 'SENT_REMOVE_ACK_REVOCATION';
      }[];
    };
  };
  /** Command for listing the channels that payments can come in through */
  listincoming: {
    readonly params: Readonly<Record<string, never>>;
    readonly result: {
      /** The channels. */ readonly incoming: readonly {
        /** The peer. */ readonly id: string;
        /** The channel, as payers name it. */ readonly short_channel_id?: string;
        /** The base fee of the peer. */ readonly fee_base_msat: number | bigint;
        /** The smallest payment. */ readonly htlc_min_msat: number | bigint;
        /** The largest payment. */ readonly htlc_max_msat: number | bigint;
        /** The proportional fee of the peer. */ readonly fee_proportional_millionths: number;
        /** The blocks that the peer asks for. */ readonly cltv_expiry_delta: number;
        /** What the other public channels of the peer let through to it, all together; 0 is a dead end. */ readonly incoming_capacity_msat:
          | number
          | bigint;
        /** Whether the channel is announced. */ readonly public: boolean;
        /** The feature bits of the peer, while it is connected. */ readonly peer_features?: string;
        /** Whether the peer is there. */ readonly enabled: boolean;
      }[];
    };
  };
  /** Command for querying invoice_request status */
  listinvoicerequests: {
    readonly params: {
      /** Only this one. */ readonly invreq_id?: string;
      /** Only those that can be used. */ readonly active_only?: boolean;
    };
    readonly result: {
      /** The invoice requests: none. */ readonly invoicerequests: readonly {
        /** Its id. */ readonly invreq_id: string;
        /** Whether it can be used. */ readonly active: boolean;
        /** Whether it can be used once only. */ readonly single_use: boolean;
        /** Its text. */ readonly bolt12: string;
        /** Whether it was used. */ readonly used: boolean;
      }[];
    };
  };
  /** Command for querying invoice status */
  listinvoices: {
    readonly params: {
      /** The invoice with this label. */ readonly label?: string | number | bigint;
      /** The invoice with this BOLT 11 text. It may be in upper case and begin with `lightning:`. */ readonly invstring?: string;
      /** The invoice with this payment hash. */ readonly payment_hash?: string;
      /** The invoices of an offer. Till makes no offers, so there are none. */ readonly offer_id?: string;
      /** The order: of creation (default), of the last change, or of payment. The last two omit invoices that never changed or were not paid. */ readonly index?:
        | 'created'
        | 'updated'
        | 'paid';
      /** The first index to list. Needs `index`. */ readonly start?: number | bigint;
      /** The maximum number of invoices. Needs `index`. */ readonly limit?: number;
      /** Only those with this status. */ readonly status?: 'unpaid' | 'paid' | 'expired';
      /** List from the highest index (or `start`) downward. */ readonly reverse?: boolean;
      /** Only those created (with `index` paid: paid) at this Unix time or later. */ readonly since?: number | bigint;
      /** Only those created (with `index` paid: paid) before this Unix time. */ readonly until?: number | bigint;
      /** Only those with this text in their description, ignoring case. */ readonly description?: string;
      /** Only those whose metadata has these members. */ readonly metadata?: Readonly<Record<string, unknown>>;
    };
    readonly result: {
      /** The result. */ readonly invoices: readonly {
        /** The label that it was created with. */ readonly label: string;
        /** The invoice, as given to the payer. */ readonly bolt11: string;
        /** The hash of the preimage. */ readonly payment_hash: string;
        /** The amount; absent if the payer chooses it. */ readonly amount_msat?: number | bigint;
        /** `unpaid` can still be paid, `expired` no longer can. */ readonly status: 'unpaid' | 'paid' | 'expired';
        /** When paid: 1, 2, 3 ... in the order of payment. */ readonly pay_index?: number;
        /** When paid: the amount received, which may be more than the invoice asks for. */ readonly amount_received_msat?:
          | number
          | bigint;
        /** When paid through a channel that was bought for it: what the provider took off the payment. The payer paid `amount_received_msat` and this. */ readonly opening_fee_msat?:
          | number
          | bigint;
        /** When paid: the Unix time. */ readonly paid_at?: number;
        /** When paid on chain: the deposit that paid it, or the last one of several. */ readonly paid_outpoint?: {
          /** The transaction. */ readonly txid: string;
          /** The index of its output. */ readonly outnum: number;
        };
        /** When paid: the proof of payment. */ readonly payment_preimage?: string;
        /** The description; absent once it was removed. */ readonly description?: string;
        /** The Unix time from which it can no longer be paid. */ readonly expires_at: number;
        /** 1, 2, 3 ... in the order of creation. */ readonly created_index: number;
        /** A number that rises with every change of any invoice; absent before its first change. */ readonly updated_index?: number;
        /** The object that was stored with it. */ readonly metadata?: unknown;
        /** What was asked for in a currency, and the rate that made it an amount of bitcoin. */ readonly price?: {
          /** The currency, by its ISO 4217 code. */ readonly currency: string;
          /** What was asked for, in the currency's smallest unit: 450 is 4.50 EUR, or 450 JPY. */ readonly amount: number;
          /** The same as a decimal number of the currency, such as `4.50`. */ readonly amount_text: string;
          /** What one bitcoin cost then, before the margin: a decimal number. */ readonly rate: string;
          /** When the sources said so, in Unix time: the oldest of them. */ readonly rate_at: number;
          /** The sources that agreed. */ readonly rate_sources: readonly string[];
          /** What the shop added, in millionths; below zero it is a discount. */ readonly margin_ppm: number;
        };
        /** It can be paid, but asks the payer for fewer than 19 blocks: a payment that leaves no more than it asks for is refused. Make a new invoice. */ readonly warning_cltv?: string;
        /** Deposits to the address in the invoice; absent if there are none. */ readonly deposits?: readonly {
          /** The transaction. */ readonly txid: string;
          /** The index of its output. */ readonly outnum: number;
          /** Its amount. */ readonly amount_msat: number | bigint;
          /** The height of its block; absent while a reorganisation keeps it out of the chain. */ readonly blockheight?: number;
          /** Whether it waits for confirmations, paid the invoice (alone or with others), is too little so far, or came when the invoice was expired or paid already. */ readonly status:
            | 'pending'
            | 'paid'
            | 'short'
            | 'late';
        }[];
      }[];
    };
  };
  /** Command for listing the price list of the counter */
  listitems: {
    readonly params: Readonly<Record<string, never>>;
    readonly result: {
      /** The items. */ readonly items: readonly {
        /** Its number: 1, 2, 3 ... in the order of creation. */ readonly item_id: number;
        /** What it is called. */ readonly name: string;
        /** The currency of the price; absent: the price is in millisatoshi. */ readonly currency?: string;
        /** The price, in the currency's smallest unit. */ readonly amount: number | bigint;
        /** Its place in the list. */ readonly place: number;
      }[];
    };
  };
  /** Command for listing liquidity providers and their prices */
  listlsps: {
    readonly params: {
      /** A payment, to see what a channel costs that it opens. */ readonly amount_msat?: number | bigint | string;
    };
    readonly result: {
      /** The providers, in the order in which they are named. */ readonly lsps: readonly {
        /** The provider. */ readonly id: string;
        /** Where the node calls it. */ readonly address: string;
        /** Whether it is connected. */ readonly connected: boolean;
        /** What it speaks. */ readonly protocols?: readonly number[];
        /** Its offers for channels that a payment opens, the cheapest first. */ readonly menu: readonly {
          /** The least that it takes. */ readonly min_fee_msat: number | bigint;
          /** Millionths of the payment that it takes, when that is more. */ readonly proportional: number;
          /** The smallest payment that it brings. */ readonly min_payment_size_msat: number | bigint;
          /** The largest payment that it brings. */ readonly max_payment_size_msat: number | bigint;
          /** The smallest payment that works with the fees of the chain now: the channel holds the payment, and a reserve and the fee of closing it. Absent: none does. */ readonly least_payment_msat?:
            | number
            | bigint;
          /** Unix time: an invoice that is made with this offer ends no later. */ readonly valid_until: number;
          /** Blocks after its confirmation for which the provider keeps the channel open. */ readonly min_lifetime: number;
          /** The most blocks that the node may have the provider wait for its own money when it closes alone. */ readonly max_client_to_self_delay: number;
          /** With `amount_msat`: what a channel costs for this payment. */ readonly opening_fee_msat?: number | bigint;
          /** With `amount_msat`: why `invoice` would not take this offer. `too_expensive`: see `lsp-max-fee` and `lsp-max-fee-ppm`; `of_no_use`: it ends too soon, or its channel would not be safe. */ readonly refused?:
            | 'too_small'
            | 'too_large'
            | 'too_expensive'
            | 'of_no_use';
        }[];
        /** The channels that it sells ahead: `buychannel` tells what one costs. */ readonly ahead?: {
          /** The smallest. */ readonly min_amount_sat: number;
          /** The largest. */ readonly max_amount_sat: number;
          /** For so many months at most it keeps one. */ readonly max_months: number;
          /** Confirmations before one can be used. */ readonly min_confirmations: number;
        };
        /** Why something of it is missing now. */ readonly problem?: string;
      }[];
    };
  };
  /** Command for listing Lightning addresses */
  listlightningaddresses: {
    readonly params: {
      /** Only this one. */ readonly name?: string;
    };
    readonly result: {
      /** The addresses, by name. */ readonly lightningaddresses: readonly {
        /** What stands before the @. */ readonly name: string;
        /** The Lightning address. Absent where no pages are served. */ readonly address?: string;
        /** The same for wallets that scan, in bech32 and upper case: what a QR code shows (LUD-01). */ readonly lnurl?: string;
        /** What a wallet asks first (LUD-16). */ readonly url?: string;
        /** A page with its code, for people. */ readonly page_url?: string;
        /** What the payer sees. */ readonly description: string;
        /** The least that may be paid. */ readonly min_msat: number | bigint;
        /** The most that may be paid. */ readonly max_msat: number | bigint;
        /** Characters that a comment of the payer may have. */ readonly comment_length: number;
        /** What the payer is asked for: an object of names, each `optional` or `mandatory`. */ readonly payer_data: unknown;
        /** What the wallet shows once it has paid. */ readonly success_message?: string;
        /** What the wallet offers to open once it has paid. */ readonly success_url?: string;
        /** Text that the wallet can read once it has paid. */ readonly success_secret?: string;
        /** Whether wallets get an answer. */ readonly enabled: boolean;
        /** When it was created, in Unix time. */ readonly created_at: number;
        /** Wallets cannot reach it: the shop serves no pages. */ readonly warning_public_url?: string;
      }[];
    };
  };
  /** Command to get the list of nodes in the known network */
  listnodes: {
    readonly params: {
      /** Only this node. */ readonly id?: string;
    };
    readonly result: {
      /** The nodes; empty if `id` is not known. */ readonly nodes: readonly {
        /** The node. */ readonly nodeid: string;
        /** The Unix time of its announcement; absent if we know none. */ readonly last_timestamp?: number;
        /** Its name. */ readonly alias?: string;
        /** Its color, as three bytes of RGB. */ readonly color?: string;
        /** Its feature bits (BOLT 9). */ readonly features?: string;
        /** Where it can be reached. */ readonly addresses?: readonly {
          /** What kind it is. */ readonly type: 'ipv4' | 'ipv6' | 'torv3' | 'dns';
          /** The address or name. */ readonly address: string;
          /** The port. */ readonly port: number;
        }[];
      }[];
    };
  };
  /** Command for listing offers */
  listoffers: {
    readonly params: {
      /** Only this offer. */ readonly offer_id?: string;
      /** Only offers that can be used. */ readonly active_only?: boolean;
    };
    readonly result: {
      /** The offers: none. */ readonly offers: readonly {
        /** Its id. */ readonly offer_id: string;
        /** Whether it can be used. */ readonly active: boolean;
        /** Whether it can be used once only. */ readonly single_use: boolean;
        /** Its text. */ readonly bolt12: string;
        /** Whether it was paid. */ readonly used: boolean;
        /** Its label. */ readonly label?: string;
      }[];
    };
  };
  /** Command for querying payments that were sent */
  listpays: {
    readonly params: {
      /** Only payments of this invoice. */ readonly bolt11?: string;
      /** Only payments of this hash. */ readonly payment_hash?: string;
      /** Only those that stand so. */ readonly status?: 'pending' | 'complete' | 'failed';
      /** The order: of sending (default), or of the last change, which leaves out what is as it was sent. */ readonly index?:
        | 'created'
        | 'updated';
      /** The first index to list. Needs `index`. */ readonly start?: number | bigint;
      /** The most to list. Needs `index`. */ readonly limit?: number;
    };
    readonly result: {
      /** The result. */ readonly pays: readonly {
        /** The hash of the preimage. */ readonly payment_hash: string;
        /** Its status: complete if any of its parts is. */ readonly status: 'pending' | 'complete' | 'failed';
        /** The payee. */ readonly destination: string;
        /** The Unix time of its first part. */ readonly created_at: number;
        /** The Unix time of its completion. */ readonly completed_at?: number;
        /** The label given. */ readonly label?: string;
        /** The invoice given. */ readonly bolt11?: string;
        /** The description given. */ readonly description?: string;
        /** When complete: the proof of payment. */ readonly preimage?: string;
        /** The amount that the payee gets; absent if it failed. */ readonly amount_msat?: number | bigint;
        /** The amount that we send, fees included; 0 if it failed. */ readonly amount_sent_msat: number | bigint;
        /** The number of parts, if more than one. */ readonly number_of_parts?: number;
        /** The index of its first part. */ readonly created_index: number;
        /** The index of the last change of a part. */ readonly updated_index?: number;
      }[];
    };
  };
  /** Command returning data on channels of connected lightning nodes */
  listpeerchannels: {
    readonly params: {
      /** Only channels with this node. */ readonly id?: string;
      /** Only the channel with this short_channel_id. */ readonly short_channel_id?: string;
      /** Only this channel. */ readonly channel_id?: string;
    };
    readonly result: {
      /** The channels. */ readonly channels: readonly {
        /** The peer. */ readonly peer_id: string;
        /** Whether the peer is connected. */ readonly peer_connected: boolean;
        /** When connected: whether both sides agree where they were. */ readonly reestablished?: boolean;
        /** CHANNELD_NORMAL can carry payments; the other words are Core Lightning's too. */ readonly state: string;
        /** The channel. */ readonly channel_id: string;
        /** Its name, from where the funding lies in the chain. */ readonly short_channel_id?: string;
        /** Which direction is ours in gossip: 0 or 1. */ readonly direction?: number;
        /** Names that only the two sides use. */ readonly alias: {
          /** What the peer calls it when it speaks to us. */ readonly local?: string;
          /** What we call it when we speak to the peer, or in hints. */ readonly remote?: string;
        };
        /** What kind of channel it is (BOLT 2). */ readonly channel_type: {
          /** Its feature bits. */ readonly bits: readonly number[];
          /** Their names; `/even`: required. */ readonly names: readonly string[];
        };
        /** Whether it is not announced to the network. */ readonly private: boolean;
        /** Who opened it. */ readonly opener: 'local' | 'remote';
        /** Who began to close it. */ readonly closer?: 'local' | 'remote';
        /** True: we lost data, and only the peer can close it. */ readonly lost_state?: boolean;
        /** The kind of channel again, by the older spelling. */ readonly features: readonly string[];
        /** The funding transaction. */ readonly funding_txid: string;
        /** The output in it. */ readonly funding_outnum: number;
        /** The script that our balance goes to when both agree to close. */ readonly close_to: string;
        /** Its address. */ readonly close_to_addr?: string;
        /** What both sides ask of payments. */ readonly updates?: {
          /** What one side asks of payments (its channel_update). */ readonly local: {
            /** The smallest HTLC. */ readonly htlc_minimum_msat: number | bigint;
            /** The largest HTLC. */ readonly htlc_maximum_msat: number | bigint;
            /** Blocks that a payment through it is to leave. */ readonly cltv_expiry_delta: number;
            /** Its base fee in msat. */ readonly fee_base_msat: number;
            /** Its proportional fee in millionths. */ readonly fee_proportional_millionths: number;
          };
          /** What one side asks of payments (its channel_update). */ readonly remote?: {
            /** The smallest HTLC. */ readonly htlc_minimum_msat: number | bigint;
            /** The largest HTLC. */ readonly htlc_maximum_msat: number | bigint;
            /** Blocks that a payment through it is to leave. */ readonly cltv_expiry_delta: number;
            /** Its base fee in msat. */ readonly fee_base_msat: number;
            /** Its proportional fee in millionths. */ readonly fee_proportional_millionths: number;
          };
        };
        /** The base fee that we announce for this channel. */ readonly fee_base_msat: number | bigint;
        /** The proportional fee that we announce for it. */ readonly fee_proportional_millionths: number;
        /** The feerate of the commitments. */ readonly feerate?: {
          /** Satoshi per 1000 weight. */ readonly perkw: number;
          /** Satoshi per 1000 virtual bytes. */ readonly perkb: number;
        };
        /** What is ours. */ readonly to_us_msat?: number | bigint;
        /** The least that ever was ours. */ readonly min_to_us_msat?: number | bigint;
        /** The most that ever was ours. */ readonly max_to_us_msat?: number | bigint;
        /** The capacity of the channel. */ readonly total_msat: number | bigint;
        /** HTLCs below are lost to fees if the channel is closed alone. */ readonly dust_limit_msat: number | bigint;
        /** The most that may be on its way to us. */ readonly max_total_htlc_in_msat: number | bigint;
        /** The most that we may have on its way. */ readonly their_max_htlc_value_in_flight_msat: number | bigint;
        /** The most that the peer may have on its way. */ readonly our_max_htlc_value_in_flight_msat: number | bigint;
        /** What the peer must keep. */ readonly their_reserve_msat: number | bigint;
        /** What we must keep. */ readonly our_reserve_msat: number | bigint;
        /** What we could send in one HTLC now. */ readonly spendable_msat?: number | bigint;
        /** What we could be sent in one HTLC now. */ readonly receivable_msat?: number | bigint;
        /** The smallest HTLC that we take. */ readonly minimum_htlc_in_msat: number | bigint;
        /** The smallest HTLC that the peer takes. */ readonly minimum_htlc_out_msat: number | bigint;
        /** The largest HTLC that we send. */ readonly maximum_htlc_out_msat: number | bigint;
        /** Whether any feerate of the peer is taken for this channel: see `setchannel`. */ readonly ignore_fee_limits: boolean;
        /** Blocks that the peer waits for its balance when it closes alone. */ readonly their_to_self_delay: number;
        /** Blocks that we wait for our balance when we close alone. */ readonly our_to_self_delay: number;
        /** The most HTLCs that may be on their way to us. */ readonly max_accepted_htlcs: number;
        /** How many HTLCs the peer offered. */ readonly in_payments_offered?: number;
        /** What they came to. */ readonly in_offered_msat?: number | bigint;
        /** How many of them were paid to us. */ readonly in_payments_fulfilled?: number;
        /** What these came to. */ readonly in_fulfilled_msat?: number | bigint;
        /** How many HTLCs we offered. */ readonly out_payments_offered?: number;
        /** What they came to. */ readonly out_offered_msat?: number | bigint;
        /** How many of them the peer was paid. */ readonly out_payments_fulfilled?: number;
        /** What these came to. */ readonly out_fulfilled_msat?: number | bigint;
        /** The Unix time at which the connection had last lasted a minute; absent if it never did. */ readonly last_stable_connection?: number;
        /** What is going on, in words. */ readonly status: readonly string[];
        /** Payments in flight. */ readonly htlcs: readonly {
          /** Offered by the peer (`in`) or by us. */ readonly direction: 'in' | 'out';
          /** Its id, counted by the side that offered it. */ readonly id: number;
          /** Its amount. */ readonly amount_msat: number | bigint;
          /** The block at which it times out. */ readonly expiry: number;
          /** Its payment hash. */ readonly payment_hash: string;
          /** Its state. */ readonly state:
            | 'SENT_ADD_HTLC'
            | 'SENT_ADD_COMMIT'
            | 'RCVD_ADD_REVOCATION'
            | 'RCVD_ADD_ACK_COMMIT'
            | 'SENT_ADD_ACK_REVOCATION'
            | 'RCVD_REMOVE_HTLC'
            | 'RCVD_REMOVE_COMMIT'
            | 'SENT_REMOVE_REVOCATION'
            | 'SENT_REMOVE_ACK_COMMIT'
            | 'RCVD_REMOVE_ACK_REVOCATION'
            | 'RCVD_ADD_HTLC'
            | 'RCVD_ADD_COMMIT'
            | 'SENT_ADD_REVOCATION'
            | 'SENT_ADD_ACK_COMMIT'
            | 'RCVD_ADD_ACK_REVOCATION'
            | 'SENT_REMOVE_HTLC'
            | 'SENT_REMOVE_COMMIT'
            | 'RCVD_REMOVE_REVOCATION'
            | 'RCVD_REMOVE_ACK_COMMIT'
            | 'SENT_REMOVE_ACK_REVOCATION';
        }[];
      }[];
    };
  };
  /** Command returning data on connected lightning nodes */
  listpeers: {
    readonly params: {
      /** Only this node. */ readonly id?: string;
      /** Accepted and ignored: the log is in a file. */ readonly level?: 'io' | 'trace' | 'debug' | 'info' | 'unusual';
    };
    readonly result: {
      /** The peers. */ readonly peers: readonly {
        /** The node. */ readonly id: string;
        /** Whether it is connected now. */ readonly connected: boolean;
        /** How many channels we have with it. */ readonly num_channels: number;
        /** The address of the connection. */ readonly netaddr?: readonly string[];
        /** Where the node sees us, if it says so. */ readonly remote_addr?: string;
        /** Its feature bits (BOLT 9). */ readonly features?: string;
      }[];
    };
  };
  /** Command for listing refunds */
  listrefunds: {
    readonly params: {
      /** Those of the invoice with this label. */ readonly label?: string | number | bigint;
      /** Only those with this status. */ readonly status?: 'pending' | 'sent' | 'failed';
      /** The first number to list. */ readonly start?: number | bigint;
      /** The maximum number of refunds. */ readonly limit?: number;
    };
    readonly result: {
      /** The refunds. */ readonly refunds: readonly {
        /** Its number: 1, 2, 3 ... in the order of recording. */ readonly refund_id: number;
        /** The label of the invoice. */ readonly label: string;
        /** The `created_index` of the invoice. */ readonly created_index: number;
        /** `pending`: recorded, and perhaps on its way. `failed`: nothing went out, and nothing will. */ readonly status:
          | 'pending'
          | 'sent'
          | 'failed';
        /** To an invoice, to a Lightning address or LNURL, or to an address on the chain. */ readonly method:
          | 'bolt11'
          | 'lnurl'
          | 'onchain';
        /** To whom, as it was given. */ readonly destination: string;
        /** What the other side gets. */ readonly amount_msat: number | bigint;
        /** The currency of the price of the invoice, if it has one. */ readonly currency?: string;
        /** The part of that price that is given back, in the currency's smallest unit, at the rate that was pinned. */ readonly amount?: number;
        /** The same as a decimal number of the currency. */ readonly amount_text?: string;
        /** When sent: what sending it cost the shop beside that. */ readonly fee_msat?: number | bigint;
        /** Over Lightning: the hash of the payment; `listpays` has more of it. */ readonly payment_hash?: string;
        /** Over Lightning: the invoice that is paid. */ readonly bolt11?: string;
        /** On the chain: the transaction. */ readonly txid?: string;
        /** When failed: why. */ readonly failure?: string;
        /** What the shop wrote beside it. */ readonly note?: string;
        /** When it was recorded, in Unix time. */ readonly created_at: number;
        /** When it was sent or has failed, in Unix time. */ readonly ended_at?: number;
      }[];
    };
  };
  /** Command for listing sales at the counter */
  listsales: {
    readonly params: {
      /** Only those of this counter. */ readonly counter?: string;
      /** Only this one. */ readonly sale_id?: number;
      /** Only those before this one. */ readonly before?: number;
      /** How many; at most 500. */ readonly limit?: number;
    };
    readonly result: {
      /** The sales. */ readonly sales: readonly {
        /** Its number: 1, 2, 3 ... in the order of the sales, over all counters. */ readonly sale_id: number;
        /** The counter. */ readonly counter: string;
        /** The label of its invoice. */ readonly label: string;
        /** The currency of its amounts; absent: they are in millisatoshi. */ readonly currency?: string;
        /** What is asked for with the tip, in the currency's smallest unit. */ readonly amount: number | bigint;
        /** How much of that is a tip. */ readonly tip: number | bigint;
        /** The items, with their prices at that time. */ readonly items: readonly {
          /** What it is called. */ readonly name: string;
          /** The price of one. */ readonly amount: number | bigint;
          /** How many. */ readonly count: number;
        }[];
        /** The note of the cashier. */ readonly note?: string;
        /** When it was made, in Unix time. */ readonly created_at: number;
        /** How its invoice is; `deleted`: the invoice was deleted since. */ readonly status:
          | 'unpaid'
          | 'paid'
          | 'expired'
          | 'deleted';
        /** What the invoice asks for. */ readonly amount_msat?: number | bigint;
        /** When paid: what was received. */ readonly amount_received_msat?: number | bigint;
        /** When paid: the Unix time. */ readonly paid_at?: number;
        /** The Unix time from which it can no longer be paid. */ readonly expires_at?: number;
        /** The hash of the preimage. */ readonly payment_hash?: string;
        /** The invoice: show it to the customer. */ readonly bolt11?: string;
      }[];
    };
  };
  /** Command for querying the parts of payments that were sent */
  listsendpays: {
    readonly params: {
      /** Only payments of this invoice. */ readonly bolt11?: string;
      /** Only payments of this hash. */ readonly payment_hash?: string;
      /** Only those that stand so. */ readonly status?: 'pending' | 'complete' | 'failed';
      /** The order: of sending (default), or of the last change, which leaves out what is as it was sent. */ readonly index?:
        | 'created'
        | 'updated';
      /** The first index to list. Needs `index`. */ readonly start?: number | bigint;
      /** The most to list. Needs `index`. */ readonly limit?: number;
    };
    readonly result: {
      /** The result. */ readonly payments: readonly {
        /** 1, 2, 3 ... in the order of sending. */ readonly created_index: number;
        /** The same number, under its old name. */ readonly id: number;
        /** A number that rises with every change of any part; absent before its first change. */ readonly updated_index?: number;
        /** The hash of the preimage. */ readonly payment_hash: string;
        /** The attempt to pay this hash that it belongs to; 1 is the first. */ readonly groupid: number | bigint;
        /** The number of the part in that attempt; absent if 0. */ readonly partid?: number | bigint;
        /** Its status. */ readonly status: 'pending' | 'complete' | 'failed';
        /** The amount that the payee gets. */ readonly amount_msat: number | bigint;
        /** The amount that we send, fees included. */ readonly amount_sent_msat: number | bigint;
        /** The payee. */ readonly destination: string;
        /** The Unix time at which it was sent. */ readonly created_at: number;
        /** The Unix time at which it ended. */ readonly completed_at?: number;
        /** When complete: the proof of payment. */ readonly payment_preimage?: string;
        /** The label given. */ readonly label?: string;
        /** The invoice given. */ readonly bolt11?: string;
        /** The description given. */ readonly description?: string;
      }[];
    };
  };
  /** Command for listing the sessions of the dashboard and the counter */
  listsessions: {
    readonly params: Readonly<Record<string, never>>;
    readonly result: {
      /** The sessions, in the order in which they began. */ readonly sessions: readonly {
        /** Its number: 1, 2, 3 ... in the order in which they began. */ readonly session_id: number;
        /** The name. */ readonly user: string;
        /** What the user may do. */ readonly role: 'owner' | 'cashier' | 'accountant';
        /** How the user signed in. */ readonly way: 'link' | 'password' | 'passkey';
        /** When, in Unix time. */ readonly created_at: number;
        /** When it was used last, in Unix time. */ readonly last_seen_at: number;
      }[];
    };
  };
  /** Command to example lightning-sql schemas */
  listsqlschemas: {
    readonly params: {
      /** Only this table. */ readonly table?: string;
    };
    readonly result: {
      /** The tables. */ readonly schemas: readonly {
        /** The name of the table. */ readonly tablename: string;
        /** The columns, in order. */ readonly columns: readonly {
          /** The name of the column. */ readonly name: string;
          /** Its type in SQL. */ readonly type: 'INTEGER' | 'BLOB' | 'TEXT' | 'REAL';
        }[];
        /** What rows are looked up by. */ readonly indices?: readonly (readonly string[])[];
      }[];
    };
  };
  /** Command for listing what was taken by day or by month */
  listtakings: {
    readonly params: {
      /** The length of a period. */ readonly by?: 'day' | 'month';
      /** How many periods, up to 400. */ readonly periods?: number;
      /** The last day, or a day of the last month. Default: today. */ readonly until?: string;
    };
    readonly result: {
      /** The time zone of the dates. */ readonly timezone: string;
      /** Payments in all of the periods. */ readonly payments: number;
      /** What they came to. */ readonly amount_msat: number | bigint;
      /** What was asked in currencies. */ readonly currencies: readonly {
        /** The currency of the prices. */ readonly currency: string;
        /** How many invoices with such a price were paid. */ readonly payments: number;
        /** What was paid for them, in the currency's smallest unit. */ readonly amount: number | bigint;
        /** The same as a decimal number of the currency. */ readonly amount_text: string;
        /** What was received for them. */ readonly amount_msat: number | bigint;
      }[];
      /** What was asked in bitcoin. */ readonly unpriced: {
        /** How many invoices without a price were paid. */ readonly payments: number;
        /** What was received for them. */ readonly amount_msat: number | bigint;
      };
      /** The periods, the oldest first. */ readonly takings: readonly {
        /** The day, such as 2026-11-29; of a month 2026-11. */ readonly date: string;
        /** When it begins, in Unix time. */ readonly start: number;
        /** When it ends: the first second after it. */ readonly end: number;
        /** How many invoices were paid. */ readonly payments: number;
        /** What was received for them. */ readonly amount_msat: number | bigint;
        /** What was asked in currencies. */ readonly currencies: readonly {
          /** The currency of the prices. */ readonly currency: string;
          /** How many invoices with such a price were paid. */ readonly payments: number;
          /** What was paid for them, in the currency's smallest unit. */ readonly amount: number | bigint;
          /** The same as a decimal number of the currency. */ readonly amount_text: string;
          /** What was received for them. */ readonly amount_msat: number | bigint;
        }[];
        /** What was asked in bitcoin. */ readonly unpriced: {
          /** How many invoices without a price were paid. */ readonly payments: number;
          /** What was received for them. */ readonly amount_msat: number | bigint;
        };
      }[];
    };
  };
  /** Command to get the list of transactions that was stored in the wallet */
  listtransactions: {
    readonly params: Readonly<Record<string, never>>;
    readonly result: {
      /** The transactions. */ readonly transactions: readonly {
        /** The transaction. */ readonly hash: string;
        /** Its bytes. */ readonly rawtx: string;
        /** The height of its block; 0 while it waits for one. */ readonly blockheight: number;
        /** Its place in the block; 0 while it waits for one. Absent if it was mined before Till kept this. */ readonly txindex?: number;
        /** Its nLockTime. */ readonly locktime: number;
        /** Its version. */ readonly version: number;
        /** Its inputs, in order. */ readonly inputs: readonly {
          /** The transaction that it spends from. */ readonly txid: string;
          /** The output that it spends. */ readonly index: number;
          /** Its nSequence. */ readonly sequence: number;
        }[];
        /** Its outputs, in order. */ readonly outputs: readonly {
          /** Its number, from 0. */ readonly index: number;
          /** Its amount. */ readonly amount_msat: number | bigint;
          /** Its script. */ readonly scriptPubKey: string;
        }[];
      }[];
    };
  };
  /** Command for listing the users of the dashboard and the counter */
  listusers: {
    readonly params: Readonly<Record<string, never>>;
    readonly result: {
      /** The users, in the order in which they were added. */ readonly users: readonly {
        /** The name. */ readonly user: string;
        /** What the user may do. */ readonly role: 'owner' | 'cashier' | 'accountant';
        /** The number of their rune, as in `showrunes`. */ readonly unique_id: string;
        /** Whether they can sign in by a password. */ readonly has_password: boolean;
        /** How many passkeys they have. */ readonly passkeys: number;
        /** How many sessions they have now. */ readonly sessions: number;
        /** When they were added, in Unix time. */ readonly created_at: number;
      }[];
    };
  };
  /** Command for listing webhooks */
  listwebhooks: {
    readonly params: {
      /** Only this one. */ readonly webhook_id?: number;
    };
    readonly result: {
      /** The webhooks. */ readonly webhooks: readonly {
        /** Its number: 1, 2, 3 ... in the order of creation. */ readonly webhook_id: number;
        /** Where events are sent. */ readonly url: string;
        /** Only these types; absent: all. */ readonly types?: readonly string[];
        /** Only events of invoices whose label begins so; absent: all. */ readonly label_prefix?: string;
        /** Whether several events may be on their way at once, in any order. */ readonly parallel: boolean;
        /** Whether events are sent. */ readonly enabled: boolean;
        /** Why not. */ readonly disabled_reason?: string;
        /** When it was created, in Unix time. */ readonly created_at: number;
        /** Up to this event every one is delivered, not wanted, or waits to be tried again. */ readonly position: number;
        /** Attempts in all. */ readonly attempts: number;
        /** The first failure since the last success, in Unix time. */ readonly failing_since?: number;
        /** How many events have failed and wait to be tried again. */ readonly retries: number;
        /** When the first of them is tried again, in Unix time. */ readonly next_attempt_at?: number;
        /** Until this Unix time messages are signed with the secret before the current one as well. */ readonly old_secret_until?: number;
      }[];
    };
  };
  /** Command for generating a new address to be used by the node */
  newaddr: {
    readonly params: {
      /** The kind of address: `p2tr` (the default), `bech32` or `all`. */ readonly addresstype?:
        | 'p2tr'
        | 'bech32'
        | 'all';
    };
    readonly result: {
      /** The native segwit address (BIP 84). */ readonly bech32?: string;
      /** The taproot address (BIP 86). */ readonly p2tr?: string;
    };
  };
  /** Command to set up notifications */
  notifications: {
    readonly params: {
      /** Whether to send notifications. */ readonly enable: boolean;
    };
    readonly result: Readonly<Record<string, never>>;
  };
  /** Command for parsing a feerate string to a feerate */
  parsefeerate: {
    readonly params: {
      /** The fee rate, such as `normal`, `6blocks` or `5000perkb`. */ readonly feerate_str: number | bigint | string;
    };
    readonly result: {
      /** The fee rate in satoshi per 1000 weight. */ readonly perkw: number;
    };
  };
  /** Command for sending a payment to a BOLT11 invoice */
  pay: {
    readonly params: {
      /** The invoice. It may be in upper case and begin with `lightning:`. */ readonly bolt11: string;
      /** The amount, for an invoice that does not name one. */ readonly amount_msat?: number | bigint | string;
      /** A label, stored with the payment. */ readonly label?: string | number | bigint;
      /** How much delay counts against fees: percent of the amount a year. Default: 0.1. */ readonly riskfactor?: number;
      /** The maximum fee in percent of the amount. Default: 0.5. */ readonly maxfeepercent?: number;
      /** Seconds after which Till stops trying. The first attempt is always made. */ readonly retry_for?: number;
      /** The maximum number of blocks that the money may be locked. */ readonly maxdelay?: number;
      /** Fees up to this amount are allowed whatever `maxfeepercent` says. Default: 5000 msat. */ readonly exemptfee?:
        | number
        | bigint
        | string;
      /** Accepted and ignored: Till makes no invoice requests. */ readonly localinvreqid?: string;
      /** Channels (`SCID` or `SCID/DIRECTION`) and nodes to leave out. */ readonly exclude?: readonly string[];
      /** The maximum fee, instead of `maxfeepercent` and `exemptfee`. */ readonly maxfee?: number | bigint | string;
      /** The description. It must match the description hash in the invoice, if there is one. */ readonly description?: string;
      /** Pay only this amount; others pay the rest of the invoice. */ readonly partial_msat?: number | bigint | string;
    };
    readonly result: {
      /** The proof of payment. */ readonly payment_preimage: string;
      /** Its hash. */ readonly payment_hash: string;
      /** The payee. */ readonly destination: string;
      /** The Unix time of its first part. */ readonly created_at: number;
      /** The number of parts. */ readonly parts: number;
      /** The amount that the payee gets. */ readonly amount_msat: number | bigint;
      /** The amount that we send, fees included. */ readonly amount_sent_msat: number | bigint;
      /** It is paid. */ readonly status: 'complete';
      /** Set if some parts failed on the way. */ readonly warning_partial_completion?: string;
    };
  };
  /** Command for checking if a node is up */
  ping: {
    readonly params: {
      /** The node. */ readonly id: string;
      /** Bytes of padding to send. */ readonly len?: number;
      /** Bytes to ask for; with 65532 or more the peer sends none. */ readonly pongbytes?: number;
    };
    readonly result: {
      /** The length of the pong, its header included; 0 if none was asked for. */ readonly totlen: number;
    };
  };
  /** Manage plugins with RPC */
  plugin: {
    readonly params: {
      /** Only `list`. */ readonly subcommand: 'start' | 'stop' | 'startdir' | 'rescan' | 'list';
      /** Refused. */ readonly plugin?: string;
      /** Refused. */ readonly options?: unknown;
    };
    readonly result: {
      /** The subcommand. */ readonly command: 'list';
      /** The plugins: none. */ readonly plugins: readonly {
        /** Its path. */ readonly name: string;
        /** Whether it runs. */ readonly active: boolean;
        /** Whether it can be stopped. */ readonly dynamic: boolean;
      }[];
    };
  };
  /** Ask the signer to approve an invoice before it is paid */
  preapproveinvoice: {
    readonly params: {
      /** The invoice to be paid. */ readonly bolt11: string;
    };
    readonly result: Readonly<Record<string, never>>;
  };
  /** Ask the signer to approve a keysend before it is paid */
  preapprovekeysend: {
    readonly params: {
      /** The node to be paid. */ readonly destination: string;
      /** The hash of the payment. */ readonly payment_hash: string;
      /** The amount to be paid. */ readonly amount_msat: number | bigint | string;
    };
    readonly result: Readonly<Record<string, never>>;
  };
  /** Command for recovering channels from their static backups */
  recoverchannel: {
    readonly params: {
      /** The backups, as `staticbackup` answered them. */ readonly scb: readonly string[];
    };
    readonly result: {
      /** The recovered channels. */ readonly stubs: readonly string[];
    };
  };
  /** Command for sending events to a webhook again */
  redeliverwebhook: {
    readonly params: {
      /** The number of the webhook. */ readonly webhook_id: number;
      /** The one event to send. */ readonly event_id?: number | bigint;
      /** Send all events after this one; 0: all that are kept. */ readonly after?: number | bigint;
    };
    readonly result: {
      /** With `event_id`: what came of it. */ readonly delivery?: {
        /** Its number: 1, 2, 3 ... for each webhook. */ readonly attempt: number;
        /** The event; absent for a test. */ readonly event_id?: number;
        /** The header `webhook-id`: the same over all attempts of an event. */ readonly message_id: string;
        /** When, in Unix time. */ readonly tried_at: number;
        /** How long it took, in milliseconds. */ readonly duration_ms: number;
        /** Whether the receiver has taken it: it answered a status of 2xx. */ readonly delivered: boolean;
        /** The status that it answered. */ readonly status?: number;
        /** What went wrong. */ readonly failure?: string;
      };
      /** With `after`: the webhook. */ readonly webhook?: {
        /** Its number: 1, 2, 3 ... in the order of creation. */ readonly webhook_id: number;
        /** Where events are sent. */ readonly url: string;
        /** Only these types; absent: all. */ readonly types?: readonly string[];
        /** Only events of invoices whose label begins so; absent: all. */ readonly label_prefix?: string;
        /** Whether several events may be on their way at once, in any order. */ readonly parallel: boolean;
        /** Whether events are sent. */ readonly enabled: boolean;
        /** Why not. */ readonly disabled_reason?: string;
        /** When it was created, in Unix time. */ readonly created_at: number;
        /** Up to this event every one is delivered, not wanted, or waits to be tried again. */ readonly position: number;
        /** Attempts in all. */ readonly attempts: number;
        /** The first failure since the last success, in Unix time. */ readonly failing_since?: number;
        /** How many events have failed and wait to be tried again. */ readonly retries: number;
        /** When the first of them is tried again, in Unix time. */ readonly next_attempt_at?: number;
        /** Until this Unix time messages are signed with the secret before the current one as well. */ readonly old_secret_until?: number;
      };
    };
  };
  /** Command for giving money back to a customer */
  refund: {
    readonly params: {
      /** The label of the paid invoice. */ readonly label: string | number | bigint;
      /** A BOLT 11 invoice, a Lightning address (name@domain), an LNURL (`lnurl1...` or `lnurlp://...`), or an address of this network. */ readonly destination: string;
      /** How much. Default: what the invoice that is to be paid asks for, else all that is left. To an address, less than a satoshi stays. */ readonly amount_msat?:
        | number
        | bigint
        | string;
      /** How much, in the smallest unit of the currency of the invoice's price, at the rate that was pinned. */ readonly amount?:
        | number
        | bigint;
      /** The name of a counter: the invoice must be of one of its sales. What a cashier asks must say the own counter. */ readonly counter?: string;
      /** Kept with the refund, 639 bytes at most. The customer does not see it. */ readonly note?: string;
      /** A name for this request, 128 bytes at most. A repeat with the same one answers the same refund, and sends nothing. */ readonly idempotency_key?: string;
    };
    readonly result: {
      /** Its number: 1, 2, 3 ... in the order of recording. */ readonly refund_id: number;
      /** The label of the invoice. */ readonly label: string;
      /** The `created_index` of the invoice. */ readonly created_index: number;
      /** `pending`: recorded, and perhaps on its way. `failed`: nothing went out, and nothing will. */ readonly status:
        | 'pending'
        | 'sent'
        | 'failed';
      /** To an invoice, to a Lightning address or LNURL, or to an address on the chain. */ readonly method:
        | 'bolt11'
        | 'lnurl'
        | 'onchain';
      /** To whom, as it was given. */ readonly destination: string;
      /** What the other side gets. */ readonly amount_msat: number | bigint;
      /** The currency of the price of the invoice, if it has one. */ readonly currency?: string;
      /** The part of that price that is given back, in the currency's smallest unit, at the rate that was pinned. */ readonly amount?: number;
      /** The same as a decimal number of the currency. */ readonly amount_text?: string;
      /** When sent: what sending it cost the shop beside that. */ readonly fee_msat?: number | bigint;
      /** Over Lightning: the hash of the payment; `listpays` has more of it. */ readonly payment_hash?: string;
      /** Over Lightning: the invoice that is paid. */ readonly bolt11?: string;
      /** On the chain: the transaction. */ readonly txid?: string;
      /** When failed: why. */ readonly failure?: string;
      /** What the shop wrote beside it. */ readonly note?: string;
      /** When it was recorded, in Unix time. */ readonly created_at: number;
      /** When it was sent or has failed, in Unix time. */ readonly ended_at?: number;
    };
  };
  /** Command for sending a payment to a BOLT11 invoice */
  renepay: {
    readonly params: {
      /** The invoice. It may be in upper case and begin with `lightning:`. */ readonly invstring: string;
      /** The amount, for an invoice that does not name one. */ readonly amount_msat?: number | bigint | string;
      /** The maximum fee. Default: 0.5 percent or 5000 msat, whichever is more. */ readonly maxfee?:
        | number
        | bigint
        | string;
      /** The maximum number of blocks that the money may be locked. */ readonly maxdelay?: number;
      /** Seconds after which Till stops trying. The first attempt is always made. */ readonly retry_for?: number;
      /** The description. It must match the description hash in the invoice, if there is one. */ readonly description?: string;
      /** A label, stored with the payment. */ readonly label?: string | number | bigint;
      /** Channels (`SCID` or `SCID/DIRECTION`) and nodes to leave out. */ readonly exclude?: readonly string[];
    };
    readonly result: {
      /** The proof of payment. */ readonly payment_preimage: string;
      /** Its hash. */ readonly payment_hash: string;
      /** The payee. */ readonly destination: string;
      /** The Unix time of its first part. */ readonly created_at: number;
      /** The number of parts. */ readonly parts: number;
      /** The amount that the payee gets. */ readonly amount_msat: number | bigint;
      /** The amount that we send, fees included. */ readonly amount_sent_msat: number | bigint;
      /** It is paid. */ readonly status: 'complete';
      /** Set if some parts failed on the way. */ readonly warning_partial_completion?: string;
    };
  };
  /** Command for replacing the secret of a webhook */
  rotatewebhooksecret: {
    readonly params: {
      /** The number of the webhook. */ readonly webhook_id: number;
      /** Seconds for which the old secret signs as well; 0: it is dead at once. */ readonly overlap?: number;
    };
    readonly result: {
      /** The webhook. */ readonly webhook_id: number;
      /** The new secret, shown this once. */ readonly secret: string;
      /** Until this Unix time the old one signs as well. */ readonly old_secret_until: number;
    };
  };
  /** Command for sending a payment over a given route */
  sendpay: {
    readonly params: {
      /** The hops, as `getroute` answers them, or the path of a route of `getroutes`. */ readonly route: readonly {
        readonly id?: string;
        readonly channel?: string;
        readonly amount_msat?: number | bigint | string;
        readonly delay?: number;
        readonly node_id_out?: string;
        readonly short_channel_id_dir?: string;
        readonly amount_out_msat?: number | bigint | string;
        readonly cltv_out?: number;
      }[];
      /** The hash of the payment. */ readonly payment_hash: string;
      /** A label, stored with it. */ readonly label?: string | number | bigint;
      /** The sum of all parts; required with `partid`. */ readonly amount_msat?: number | bigint | string;
      /** The invoice, stored with it. */ readonly bolt11?: string;
      /** The payment secret of the invoice. Every current invoice has one. */ readonly payment_secret?: string;
      /** The number of the part, if there are several. */ readonly partid?: number | bigint;
      /** Accepted and ignored: Till makes no invoice requests. */ readonly localinvreqid?: string;
      /** The attempt that the part belongs to. Default: the latest. */ readonly groupid?: number | bigint;
      /** The metadata that the invoice asks for. */ readonly payment_metadata?: string;
      /** A description, stored with it. */ readonly description?: string;
    };
    readonly result: {
      /** 1, 2, 3 ... in the order of sending. */ readonly created_index: number;
      /** The same number, under its old name. */ readonly id: number;
      /** A number that rises with every change of any part; absent before its first change. */ readonly updated_index?: number;
      /** The hash of the preimage. */ readonly payment_hash: string;
      /** The attempt to pay this hash that it belongs to; 1 is the first. */ readonly groupid: number | bigint;
      /** The number of the part in that attempt; absent if 0. */ readonly partid?: number | bigint;
      /** Its status. */ readonly status: 'pending' | 'complete' | 'failed';
      /** The amount that the payee gets. */ readonly amount_msat: number | bigint;
      /** The amount that we send, fees included. */ readonly amount_sent_msat: number | bigint;
      /** The payee. */ readonly destination: string;
      /** The Unix time at which it was sent. */ readonly created_at: number;
      /** The Unix time at which it ended. */ readonly completed_at?: number;
      /** When complete: the proof of payment. */ readonly payment_preimage?: string;
      /** The label given. */ readonly label?: string;
      /** The invoice given. */ readonly bolt11?: string;
      /** The description given. */ readonly description?: string;
      /** What to do next while it is pending. */ readonly message?: string;
    };
  };
  /** Command for configuring a channel */
  setchannel: {
    readonly params: {
      /** The channel: its channel_id, its short_channel_id or alias; the id of a peer for all channels with it; 'all' for all. */ readonly id: string;
      /** Accepted for the sake of clients, and refused: Till forwards nothing, so nobody pays it. */ readonly feebase?:
        | number
        | bigint
        | string;
      /** Accepted for the sake of clients, and refused: Till forwards nothing, so nobody pays it. */ readonly feeppm?: number;
      /** Accepted for the sake of clients, and refused: Till forwards nothing, so nobody pays it. */ readonly htlcmin?:
        | number
        | bigint
        | string;
      /** Accepted for the sake of clients, and refused: Till forwards nothing, so nobody pays it. */ readonly htlcmax?:
        | number
        | bigint
        | string;
      /** Accepted for the sake of clients. What Till sets is in force at once. */ readonly enforcedelay?: number;
      /** Whether to take any feerate of the peer; unchanged unless given. */ readonly ignorefeelimits?: boolean;
    };
    readonly result: {
      /** The channels that were meant. */ readonly channels: readonly {
        /** The peer. */ readonly peer_id: string;
        /** The id of the channel. */ readonly channel_id: string;
        /** The place of the funding output on chain. */ readonly short_channel_id?: string;
        /** The base fee in our channel_update (`fee-base`). */ readonly fee_base_msat: number | bigint;
        /** The proportional fee there (`fee-per-satoshi`). */ readonly fee_proportional_millionths: number;
        /** The smallest HTLC that the peer takes. */ readonly minimum_htlc_out_msat: number | bigint;
        /** The largest HTLC that we send. */ readonly maximum_htlc_out_msat: number | bigint;
        /** Whether any feerate of the peer is taken. */ readonly ignore_fee_limits: boolean;
      }[];
    };
  };
  /** Command for changing an option while the node runs */
  setconfig: {
    readonly params: {
      /** The name of the option. */ readonly config: string;
      /** The new value, as it would stand in the config file. */ readonly val?: string | number | bigint | boolean;
      /** Write no file: the value holds until the node stops. */ readonly transient?: boolean;
    };
    readonly result: {
      /** The option as it is now: `{config: NAME, value_str: ..., source: ..., dynamic: true}`. */ readonly config: unknown;
    };
  };
  /** Command to list previously created runes */
  showrunes: {
    readonly params: {
      /** Show this rune alone. It may be of any node. */ readonly rune?: string;
    };
    readonly result: {
      /** The runes, oldest first. */ readonly runes: readonly {
        /** The rune. */ readonly rune: string;
        /** Its number. */ readonly unique_id: string;
        /** All of them must hold. */ readonly restrictions: readonly {
          /** One of them must hold. */ readonly alternatives: readonly {
            /** What is compared. */ readonly fieldname: string;
            /** What it is compared with. */ readonly value: string;
            /** How: one character. */ readonly condition: string;
            /** The same in words. */ readonly english: string;
          }[];
          /** The same in words. */ readonly english: string;
        }[];
        /** The same in words. */ readonly restrictions_as_english: string;
        /** False: this rune was not made here as it is, but may be derived from one that was. */ readonly stored?: boolean;
        /** True: it was revoked. */ readonly blacklisted?: boolean;
        /** When it was last used with success, in seconds since 1970. */ readonly last_used?: number;
        /** False: it is of another node. */ readonly our_rune?: boolean;
      }[];
    };
  };
  /** Low-level invoice signing */
  signinvoice: {
    readonly params: {
      /** The text. */ readonly invstring: string;
    };
    readonly result: {
      /** The invoice with the signature of this node. */ readonly bolt11: string;
    };
  };
  /** Command to create a signature from this node */
  signmessage: {
    readonly params: {
      /** The text, of at most 65,535 bytes. */ readonly message: string;
    };
    readonly result: {
      /** The signature, 64 bytes. */ readonly signature: string;
      /** The recovery id, one byte. */ readonly recid: string;
      /** Both in z-base-32: what `checkmessage` takes. */ readonly zbase: string;
    };
  };
  /** Command to do complex queries on list commands */
  sql: {
    readonly params: {
      /** The query. */ readonly query: string;
    };
    readonly result: {
      /** The rows. */ readonly rows: readonly (readonly unknown[])[];
    };
  };
  /** Command for getting the static backups of all channels */
  staticbackup: {
    readonly params: Readonly<Record<string, never>>;
    readonly result: {
      /** The backups, one for each channel. */ readonly scb: readonly string[];
      /** Peers whose address nobody knows: give each one with `connect ID@HOST:PORT`. */ readonly warning_no_address?: string;
    };
  };
  /** Command to shut down the node */
  stop: {
    readonly params: Readonly<Record<string, never>>;
    readonly result: {
      /** Says that the node is stopping. */ readonly result: 'Shutdown complete';
    };
  };
  /** Command to hand over to the standby */
  switchover: {
    readonly params: Readonly<Record<string, never>>;
    readonly result: {
      /** The name of a node that waits to take over. */ readonly standby: string;
    };
  };
  /** Command for sending a test to a webhook */
  testwebhook: {
    readonly params: {
      /** The number of the webhook. */ readonly webhook_id: number;
    };
    readonly result: {
      /** Its number: 1, 2, 3 ... for each webhook. */ readonly attempt: number;
      /** The event; absent for a test. */ readonly event_id?: number;
      /** The header `webhook-id`: the same over all attempts of an event. */ readonly message_id: string;
      /** When, in Unix time. */ readonly tried_at: number;
      /** How long it took, in milliseconds. */ readonly duration_ms: number;
      /** Whether the receiver has taken it: it answered a status of 2xx. */ readonly delivered: boolean;
      /** The status that it answered. */ readonly status?: number;
      /** What went wrong. */ readonly failure?: string;
    };
  };
  /** Release reserved UTXOs */
  unreserveinputs: {
    readonly params: {
      /** The inputs of this PSBT. */ readonly psbt?: string;
      /** Accepted for the sake of clients: what Till reserves has no end in blocks, and is freed whole. */ readonly reserve?:
        | number
        | bigint;
      /** The outputs, each as `txid:vout`; in the place of a PSBT. */ readonly utxos?: readonly string[];
    };
    readonly result: {
      /** What has become of each. */ readonly reservations: readonly {
        /** The transaction that made the output. */ readonly txid: string;
        /** Its index there. */ readonly vout: number;
        /** Whether it was reserved. */ readonly was_reserved: boolean;
        /** Whether it still is. */ readonly reserved: boolean;
        /** Why it still is, when it is. */ readonly reason?: string;
      }[];
    };
  };
  /** Command for changing an item of the price list of the counter */
  updateitem: {
    readonly params: {
      /** The number of the item. */ readonly item_id: number;
      /** What it is called, in at most 80 characters. */ readonly name?: string;
      /** The price, in the currency's smallest unit. */ readonly amount?: number | bigint;
      /** The currency of the price (ISO 4217). Default: `shop-currency`; without that option prices are in millisatoshi. */ readonly currency?: string;
      /** Items are shown in the order of this number, then in the order of their making. Default: 0. */ readonly place?: number;
    };
    readonly result: {
      /** Its number: 1, 2, 3 ... in the order of creation. */ readonly item_id: number;
      /** What it is called. */ readonly name: string;
      /** The currency of the price; absent: the price is in millisatoshi. */ readonly currency?: string;
      /** The price, in the currency's smallest unit. */ readonly amount: number | bigint;
      /** Its place in the list. */ readonly place: number;
    };
  };
  /** Command for changing the role or the password of a user */
  updateuser: {
    readonly params: {
      /** The name. */ readonly user: string;
      /** What they may do from now on. */ readonly role?: 'owner' | 'cashier' | 'accountant';
      /** The new password; an empty one removes it. */ readonly password?: string;
    };
    readonly result: {
      /** The name. */ readonly user: string;
      /** What the user may do. */ readonly role: 'owner' | 'cashier' | 'accountant';
    };
  };
  /** Command for changing a Lightning address, or switching it on and off */
  updatelightningaddress: {
    readonly params: {
      /** What stands before the @. */ readonly name: string;
      /** What the payer sees, in at most 500 characters. */ readonly description?: string;
      /** The least that may be paid. Default: 1 sat. */ readonly min_msat?: number | bigint | string;
      /** The most that may be paid. Default: 1,000,000 sat. */ readonly max_msat?: number | bigint | string;
      /** Characters that a comment of the payer may have, 1000 at most. Default: 0, which takes none. */ readonly comment_length?: number;
      /** What the payer is asked for: an object of `name`, `identifier`, `email`, `pubkey`, each `optional` or `mandatory`. An empty object asks for nothing, which is the default. Nobody proves that it is true. */ readonly payer_data?: {
        readonly name?: 'optional' | 'mandatory';
        readonly identifier?: 'optional' | 'mandatory';
        readonly email?: 'optional' | 'mandatory';
        readonly pubkey?: 'optional' | 'mandatory';
      };
      /** What the wallet shows once it has paid, 144 characters at most; an empty text removes it. */ readonly success_message?: string;
      /** What the wallet offers to open once it has paid. Its domain must be that of `public-url`, else only the message is shown. An empty text removes it. */ readonly success_url?: string;
      /** Text that the wallet can read once it has paid, such as a code; the same for everybody. An empty text removes it. */ readonly success_secret?: string;
      /** Whether wallets get an answer. Default: true. */ readonly enabled?: boolean;
    };
    readonly result: {
      /** What stands before the @. */ readonly name: string;
      /** The Lightning address. Absent where no pages are served. */ readonly address?: string;
      /** The same for wallets that scan, in bech32 and upper case: what a QR code shows (LUD-01). */ readonly lnurl?: string;
      /** What a wallet asks first (LUD-16). */ readonly url?: string;
      /** A page with its code, for people. */ readonly page_url?: string;
      /** What the payer sees. */ readonly description: string;
      /** The least that may be paid. */ readonly min_msat: number | bigint;
      /** The most that may be paid. */ readonly max_msat: number | bigint;
      /** Characters that a comment of the payer may have. */ readonly comment_length: number;
      /** What the payer is asked for: an object of names, each `optional` or `mandatory`. */ readonly payer_data: unknown;
      /** What the wallet shows once it has paid. */ readonly success_message?: string;
      /** What the wallet offers to open once it has paid. */ readonly success_url?: string;
      /** Text that the wallet can read once it has paid. */ readonly success_secret?: string;
      /** Whether wallets get an answer. */ readonly enabled: boolean;
      /** When it was created, in Unix time. */ readonly created_at: number;
      /** Wallets cannot reach it: the shop serves no pages. */ readonly warning_public_url?: string;
    };
  };
  /** Command for changing a webhook, or switching it on and off */
  updatewebhook: {
    readonly params: {
      /** The number of the webhook. */ readonly webhook_id: number;
      /** Where to send events. */ readonly url?: string;
      /** Only these types, or families of types; an empty array: all. */ readonly types?: string | readonly string[];
      /** Only events of invoices whose label begins with this; an empty text: all events. */ readonly label_prefix?: string;
      /** Whether several events may be on their way at once, in any order. */ readonly parallel?: boolean;
      /** Whether events are sent. */ readonly enabled?: boolean;
    };
    readonly result: {
      /** Its number: 1, 2, 3 ... in the order of creation. */ readonly webhook_id: number;
      /** Where events are sent. */ readonly url: string;
      /** Only these types; absent: all. */ readonly types?: readonly string[];
      /** Only events of invoices whose label begins so; absent: all. */ readonly label_prefix?: string;
      /** Whether several events may be on their way at once, in any order. */ readonly parallel: boolean;
      /** Whether events are sent. */ readonly enabled: boolean;
      /** Why not. */ readonly disabled_reason?: string;
      /** When it was created, in Unix time. */ readonly created_at: number;
      /** Up to this event every one is delivered, not wanted, or waits to be tried again. */ readonly position: number;
      /** Attempts in all. */ readonly attempts: number;
      /** The first failure since the last success, in Unix time. */ readonly failing_since?: number;
      /** How many events have failed and wait to be tried again. */ readonly retries: number;
      /** When the first of them is tried again, in Unix time. */ readonly next_attempt_at?: number;
      /** Until this Unix time messages are signed with the secret before the current one as well. */ readonly old_secret_until?: number;
    };
  };
  /** Command for waiting for the next event in a subsystem */
  wait: {
    readonly params: {
      /** What to watch: `invoices`, or `sendpays` for the parts of our own payments. */ readonly subsystem:
        | 'invoices'
        | 'sendpays';
      /** The number to watch: `created`, `updated` or `deleted`. */ readonly indexname:
        | 'created'
        | 'updated'
        | 'deleted';
      /** The value to wait for; 0 answers the current value. */ readonly nextvalue: number | bigint;
    };
    readonly result: {
      /** What was watched. */ readonly subsystem: 'invoices' | 'sendpays';
      /** How many were created, if that was asked for. */ readonly created?: number;
      /** How many were changed, if that was asked for. */ readonly updated?: number;
      /** How many were deleted, if that was asked for. */ readonly deleted?: number;
      /** The invoice that changed. */ readonly invoices?: {
        /** Its status at that time. */ readonly status: 'unpaid' | 'paid' | 'expired';
        /** Its label. */ readonly label: string;
        /** Its description, unless it was removed. */ readonly description?: string;
        /** Its BOLT 11 text. */ readonly bolt11: string;
      };
      /** The part that changed. */ readonly sendpays?: {
        /** Its status at that time. */ readonly status: 'pending' | 'complete' | 'failed';
        /** Its payment hash. */ readonly payment_hash: string;
        /** Its try. */ readonly groupid: number | bigint;
        /** Its number in that attempt. */ readonly partid: number | bigint;
      };
    };
  };
  /** Command for waiting for payments */
  waitanyinvoice: {
    readonly params: {
      /** The `pay_index` of the last payment that you know; 0 for none. */ readonly lastpay_index?: number | bigint;
      /** Seconds to wait; 0 does not wait. Default: no limit. */ readonly timeout?: number | bigint;
    };
    readonly result: {
      /** The label that it was created with. */ readonly label: string;
      /** The invoice, as given to the payer. */ readonly bolt11: string;
      /** The hash of the preimage. */ readonly payment_hash: string;
      /** The amount; absent if the payer chooses it. */ readonly amount_msat?: number | bigint;
      /** `unpaid` can still be paid, `expired` no longer can. */ readonly status: 'unpaid' | 'paid' | 'expired';
      /** When paid: 1, 2, 3 ... in the order of payment. */ readonly pay_index?: number;
      /** When paid: the amount received, which may be more than the invoice asks for. */ readonly amount_received_msat?:
        | number
        | bigint;
      /** When paid through a channel that was bought for it: what the provider took off the payment. The payer paid `amount_received_msat` and this. */ readonly opening_fee_msat?:
        | number
        | bigint;
      /** When paid: the Unix time. */ readonly paid_at?: number;
      /** When paid on chain: the deposit that paid it, or the last one of several. */ readonly paid_outpoint?: {
        /** The transaction. */ readonly txid: string;
        /** The index of its output. */ readonly outnum: number;
      };
      /** When paid: the proof of payment. */ readonly payment_preimage?: string;
      /** The description; absent once it was removed. */ readonly description?: string;
      /** The Unix time from which it can no longer be paid. */ readonly expires_at: number;
      /** 1, 2, 3 ... in the order of creation. */ readonly created_index: number;
      /** A number that rises with every change of any invoice; absent before its first change. */ readonly updated_index?: number;
      /** The object that was stored with it. */ readonly metadata?: unknown;
      /** What was asked for in a currency, and the rate that made it an amount of bitcoin. */ readonly price?: {
        /** The currency, by its ISO 4217 code. */ readonly currency: string;
        /** What was asked for, in the currency's smallest unit: 450 is 4.50 EUR, or 450 JPY. */ readonly amount: number;
        /** The same as a decimal number of the currency, such as `4.50`. */ readonly amount_text: string;
        /** What one bitcoin cost then, before the margin: a decimal number. */ readonly rate: string;
        /** When the sources said so, in Unix time: the oldest of them. */ readonly rate_at: number;
        /** The sources that agreed. */ readonly rate_sources: readonly string[];
        /** What the shop added, in millionths; below zero it is a discount. */ readonly margin_ppm: number;
      };
      /** It can be paid, but asks the payer for fewer than 19 blocks: a payment that leaves no more than it asks for is refused. Make a new invoice. */ readonly warning_cltv?: string;
    };
  };
  /** Command for waiting for blocks on the blockchain */
  waitblockheight: {
    readonly params: {
      /** The height. */ readonly blockheight: number;
      /** Seconds to wait. Default: no limit. */ readonly timeout?: number;
    };
    readonly result: {
      /** The height of the tip. */ readonly blockheight: number;
    };
  };
  /** Command for waiting for the next event */
  waitevent: {
    readonly params: {
      /** The number of the last event that you know; 0 begins with the oldest kept. */ readonly after?:
        | number
        | bigint;
      /** Only these types, or families of types. */ readonly types?: string | readonly string[];
      /** Seconds to wait; 0 does not wait. Default: no limit. */ readonly timeout?: number | bigint;
      /** Only events of invoices whose label begins with this. */ readonly label_prefix?: string;
    };
    readonly result: {
      /** Its number: 1, 2, 3 ... without gaps. Give it as the next `after`. */ readonly id: number;
      /** What happened. */ readonly type:
        | 'invoice.created'
        | 'invoice.paid'
        | 'invoice.expired'
        | 'invoice.deleted'
        | 'deposit.seen'
        | 'deposit.confirmed'
        | 'deposit.short'
        | 'deposit.late'
        | 'deposit.reorged'
        | 'refund.created'
        | 'refund.sent'
        | 'refund.failed'
        | 'channel.opened'
        | 'channel.closing'
        | 'channel.closed'
        | 'inbound.ordered'
        | 'inbound.delivered'
        | 'inbound.refunded'
        | 'inbound.failed'
        | 'warning.no_inbound'
        | 'warning.funding_missing'
        | 'warning.inbound_limit'
        | 'warning.reserve_short'
        | 'warning.webhook_disabled';
      /** When, in Unix time. */ readonly time: number;
      /** The label of the invoice that it is about. */ readonly label?: string;
      /** More about it: an object, by type. */ readonly data: unknown;
    };
  };
  /** Command for waiting for specific payment */
  waitinvoice: {
    readonly params: {
      /** The label of the invoice. */ readonly label: string | number | bigint;
    };
    readonly result: {
      /** The label that it was created with. */ readonly label: string;
      /** The invoice, as given to the payer. */ readonly bolt11: string;
      /** The hash of the preimage. */ readonly payment_hash: string;
      /** The amount; absent if the payer chooses it. */ readonly amount_msat?: number | bigint;
      /** `unpaid` can still be paid, `expired` no longer can. */ readonly status: 'unpaid' | 'paid' | 'expired';
      /** When paid: 1, 2, 3 ... in the order of payment. */ readonly pay_index?: number;
      /** When paid: the amount received, which may be more than the invoice asks for. */ readonly amount_received_msat?:
        | number
        | bigint;
      /** When paid through a channel that was bought for it: what the provider took off the payment. The payer paid `amount_received_msat` and this. */ readonly opening_fee_msat?:
        | number
        | bigint;
      /** When paid: the Unix time. */ readonly paid_at?: number;
      /** When paid on chain: the deposit that paid it, or the last one of several. */ readonly paid_outpoint?: {
        /** The transaction. */ readonly txid: string;
        /** The index of its output. */ readonly outnum: number;
      };
      /** When paid: the proof of payment. */ readonly payment_preimage?: string;
      /** The description; absent once it was removed. */ readonly description?: string;
      /** The Unix time from which it can no longer be paid. */ readonly expires_at: number;
      /** 1, 2, 3 ... in the order of creation. */ readonly created_index: number;
      /** A number that rises with every change of any invoice; absent before its first change. */ readonly updated_index?: number;
      /** The object that was stored with it. */ readonly metadata?: unknown;
      /** What was asked for in a currency, and the rate that made it an amount of bitcoin. */ readonly price?: {
        /** The currency, by its ISO 4217 code. */ readonly currency: string;
        /** What was asked for, in the currency's smallest unit: 450 is 4.50 EUR, or 450 JPY. */ readonly amount: number;
        /** The same as a decimal number of the currency, such as `4.50`. */ readonly amount_text: string;
        /** What one bitcoin cost then, before the margin: a decimal number. */ readonly rate: string;
        /** When the sources said so, in Unix time: the oldest of them. */ readonly rate_at: number;
        /** The sources that agreed. */ readonly rate_sources: readonly string[];
        /** What the shop added, in millionths; below zero it is a discount. */ readonly margin_ppm: number;
      };
      /** It can be paid, but asks the payer for fewer than 19 blocks: a payment that leaves no more than it asks for is refused. Make a new invoice. */ readonly warning_cltv?: string;
    };
  };
  /** Command for waiting for the end of an outgoing payment */
  waitsendpay: {
    readonly params: {
      /** The hash of the payment. */ readonly payment_hash: string;
      /** Seconds to wait. Default: no limit. */ readonly timeout?: number;
      /** The part. */ readonly partid?: number | bigint;
      /** The attempt. Default: the latest. */ readonly groupid?: number | bigint;
    };
    readonly result: {
      /** 1, 2, 3 ... in the order of sending. */ readonly created_index: number;
      /** The same number, under its old name. */ readonly id: number;
      /** A number that rises with every change of any part; absent before its first change. */ readonly updated_index?: number;
      /** The hash of the preimage. */ readonly payment_hash: string;
      /** The attempt to pay this hash that it belongs to; 1 is the first. */ readonly groupid: number | bigint;
      /** The number of the part in that attempt; absent if 0. */ readonly partid?: number | bigint;
      /** Its status. */ readonly status: 'pending' | 'complete' | 'failed';
      /** The amount that the payee gets. */ readonly amount_msat: number | bigint;
      /** The amount that we send, fees included. */ readonly amount_sent_msat: number | bigint;
      /** The payee. */ readonly destination: string;
      /** The Unix time at which it was sent. */ readonly created_at: number;
      /** The Unix time at which it ended. */ readonly completed_at?: number;
      /** When complete: the proof of payment. */ readonly payment_preimage?: string;
      /** The label given. */ readonly label?: string;
      /** The invoice given. */ readonly bolt11?: string;
      /** The description given. */ readonly description?: string;
    };
  };
  /** Command for withdrawing funds from the internal wallet */
  withdraw: {
    readonly params: {
      /** An address of this network, of any type. */ readonly destination: string;
      /** The amount in satoshi, or `all`. */ readonly satoshi: number | bigint | string;
      /** The fee rate, by name or number. Default: `normal`. */ readonly feerate?: number | bigint | string;
      /** Confirmations that the coins must have. 0 also allows our own unconfirmed change. */ readonly minconf?:
        | number
        | bigint;
      /** The coins to spend, all of them, each as `txid:vout`. */ readonly utxos?: readonly string[];
      /** Spend what is kept for closing channels too. Payments that the wallet can then not defend are refused. */ readonly force?: boolean;
    };
    readonly result: {
      /** The signed transaction. */ readonly tx: string;
      /** Its id. */ readonly txid: string;
      /** The unsigned transaction as a PSBT, base64. */ readonly psbt: string;
    };
  };
  /** Send funds to a node without an invoice */
  xkeysend: {
    readonly params: {
      /** The node that is paid. */ readonly destination: string;
      /** What it gets. */ readonly amount_msat: number | bigint | string;
      /** A label, stored with the payment. The payee does not see it. */ readonly label?: string | number | bigint;
      /** The maximum fee. Default: 1 percent or 5000 msat, whichever is more. */ readonly maxfee?:
        | number
        | bigint
        | string;
      /** Accepted and ignored: Till always uses its own channels, the map and what payments taught. */ readonly layers?: readonly string[];
      /** Seconds after which Till stops trying. The first attempt is always made. */ readonly retry_for?: number;
      /** The maximum number of blocks that the money may be locked. */ readonly maxdelay?: number;
      /** Records for the payee, by their numbers (65536 or more), each in hex: `{"133773310": "68656c6c6f"}`. */ readonly extratlvs?: Readonly<
        Record<string, unknown>
      >;
    };
    readonly result: {
      /** What the payee got the payment with. */ readonly payment_preimage: string;
      /** How many attempts failed. */ readonly failed_parts: number;
      /** How many parts succeeded. */ readonly successful_parts: number;
      /** The amount that the payee gets. */ readonly amount_msat: number | bigint;
      /** The amount that we send, fees included. */ readonly amount_sent_msat: number | bigint;
    };
  };
  /** Command for sending a payment for an invoice */
  xpay: {
    readonly params: {
      /** The invoice. It may be in upper case and begin with `lightning:`. */ readonly invstring: string;
      /** The amount, for an invoice that does not name one. */ readonly amount_msat?: number | bigint | string;
      /** The maximum fee. Default: 1 percent or 5000 msat, whichever is more. */ readonly maxfee?:
        | number
        | bigint
        | string;
      /** Accepted and ignored: Till always uses its own channels, the hints of the invoice and what payments taught. */ readonly layers?: readonly string[];
      /** Seconds after which Till stops trying. The first attempt is always made. */ readonly retry_for?: number;
      /** Pay only this amount; others pay the rest of the invoice. */ readonly partial_msat?: number | bigint | string;
      /** The maximum number of blocks that the money may be locked. */ readonly maxdelay?: number;
      /** Accepted and ignored: a BOLT 11 invoice has no payer note. */ readonly payer_note?: string;
      /** A label, stored with the payment. */ readonly label?: string | number | bigint;
    };
    readonly result: {
      /** The proof of payment. */ readonly payment_preimage: string;
      /** How many parts failed. */ readonly failed_parts: number;
      /** How many parts succeeded. */ readonly successful_parts: number;
      /** The amount that the payee gets. */ readonly amount_msat: number | bigint;
      /** The amount that we send, fees included. */ readonly amount_sent_msat: number | bigint;
    };
  };
}

/** The commands that change nothing. */
export const READING_COMMANDS: readonly string[] = [
  'autoclean-status',
  'batching',
  'bkpr-listaccountevents',
  'bkpr-listbalances',
  'bkpr-listincome',
  'check',
  'checkmessage',
  'currencyconvert',
  'currencyrate',
  'decode',
  'decodepay',
  'deprecations',
  'exportledger',
  'feerates',
  'findinvoices',
  'getinfo',
  'getlog',
  'getroute',
  'getroutes',
  'help',
  'inbound',
  'listactions',
  'listbackups',
  'listchannelorders',
  'listchannels',
  'listclosedchannels',
  'listconfigs',
  'listcurrencyrates',
  'listdatastore',
  'listdeliveries',
  'listdeposits',
  'listevents',
  'listforwards',
  'listfunds',
  'listhtlcs',
  'listincoming',
  'listinvoicerequests',
  'listinvoices',
  'listitems',
  'listlsps',
  'listlightningaddresses',
  'listnodes',
  'listoffers',
  'listpays',
  'listpeerchannels',
  'listpeers',
  'listrefunds',
  'listsales',
  'listsendpays',
  'listsessions',
  'listsqlschemas',
  'listtakings',
  'listtransactions',
  'listusers',
  'listwebhooks',
  'notifications',
  'parsefeerate',
  'ping',
  'plugin',
  'preapproveinvoice',
  'preapprovekeysend',
  'showrunes',
  'sql',
  'staticbackup',
  'wait',
  'waitanyinvoice',
  'waitblockheight',
  'waitevent',
  'waitinvoice',
  'waitsendpay',
];
