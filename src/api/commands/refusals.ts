/**
 * The commands of Core Lightning that Till does not have, each family with the reason and with what to do instead. A
 * client that calls one is told so by a typed error: "unknown command" would look like a fault of the client.
 */
import { RpcError } from '../../base/errors.ts';

/** Commands that are refused for one reason. */
export interface Refusal {
  readonly commands: readonly string[];
  /** A whole sentence without its full stop: what Till does instead of that. */
  readonly why: string;
  /** What to do, as an order. */
  readonly instead: string;
}

/** Every family of commands that Till refuses. */
export const REFUSALS: readonly Refusal[] = [
  {
    commands: ['offer', 'disableoffer', 'enableoffer', 'createproof'],
    why: 'Till makes BOLT 11 invoices, not BOLT 12 offers',
    instead: 'use invoice, one for each payment',
  },
  {
    commands: ['fetchinvoice', 'fetchbip353', 'sendinvoice', 'invoicerequest', 'disableinvoicerequest'],
    why: 'Till does not speak BOLT 12',
    instead: 'ask the other side for a BOLT 11 invoice, and pay it with xpay',
  },
  {
    commands: ['cancelrecurringinvoice'],
    why: 'Till does not speak BOLT 12, and has no recurring invoices',
    instead: 'use invoice, one for each payment',
  },
  {
    commands: [
      'addgossip',
      'askrene-age',
      'askrene-bias-channel',
      'askrene-bias-node',
      'askrene-create-channel',
      'askrene-create-layer',
      'askrene-disable-node',
      'askrene-inform-channel',
      'askrene-listlayers',
      'askrene-listreservations',
      'askrene-remove-channel-update',
      'askrene-remove-layer',
      'askrene-reserve',
      'askrene-unreserve',
      'askrene-update-channel',
    ],
    why: 'Till keeps no layers of knowledge for the routing of others',
    instead: 'pay with xpay, which finds the way itself, or ask getroute for one',
  },
  {
    commands: ['sendonion', 'createonion', 'injectpaymentonion', 'injectonionmessage', 'sendamount'],
    why: 'Till builds the onions of its payments itself',
    instead: 'use xpay, or sendpay with a route of your own',
  },
  {
    commands: ['renepaystatus', 'paystatus'],
    why: 'Till has one way to pay for all its commands',
    instead: 'use listpays and listsendpays',
  },
  {
    commands: ['delpay', 'delforward', 'delnetworkevent'],
    why: 'Till keeps its payments, and has neither forwards nor a history of connections to delete',
    instead: 'leave it: a row costs less than a kilobyte',
  },
  {
    commands: ['listnetworkevents', 'listchainmoves', 'listchannelmoves'],
    why: 'Till does not record these events',
    instead: 'use listpeers, listfunds, listtransactions, listinvoices and listsendpays',
  },
  {
    commands: [
      'bkpr-channelsapy',
      'bkpr-dumpincomecsv',
      'bkpr-editdescriptionbyoutpoint',
      'bkpr-editdescriptionbypaymentid',
      'bkpr-inspect',
      'bkpr-report',
    ],
    why: 'Till keeps no books beside its invoices, payments and coins',
    instead: 'use bkpr-listincome, bkpr-listaccountevents, or sql with the tables of the same names',
  },
  {
    commands: [
      'fundpsbt',
      'utxopsbt',
      'addpsbtoutput',
      'signpsbt',
      'sendpsbt',
      'setpsbtversion',
      'reserveinputs',
      'txprepare',
      'txsend',
      'txdiscard',
      'multiwithdraw',
    ],
    why: 'Till builds, signs and sends its transactions in one step, so that nothing half-made can be lost',
    instead: 'use withdraw, which also takes the coins by name (utxos)',
  },
  {
    commands: ['fundchannel_start', 'fundchannel_complete', 'fundchannel_cancel', 'multifundchannel'],
    why: 'Till funds channels from its own wallet',
    instead: 'use fundchannel, once for each channel',
  },
  {
    commands: [
      'openchannel_init',
      'openchannel_update',
      'openchannel_signed',
      'openchannel_bump',
      'openchannel_abort',
      'splice_init',
      'splice_update',
      'splice_signed',
      'splicein',
      'spliceout',
      'dev-splice',
      'abort_channels',
      'stfu_channels',
    ],
    why: 'Till opens channels that one side funds, and does not splice',
    instead: 'use fundchannel and close',
  },
  {
    commands: ['datastore', 'datastoreusage', 'deldatastore'],
    why: 'Till stores nothing for other programs, except metadata with an invoice',
    instead: 'use the parameter metadata of invoice, or a store of your own',
  },
  {
    commands: ['reckless', 'commando', 'clnrest-register-path', 'sendcustommsg'],
    why: 'Till has no plugins, and no messages to peers but its own',
    instead: 'write a program that uses the commands and waits with waitanyinvoice or wait',
  },
  {
    commands: ['upgradewallet', 'graceful'],
    why: "Till's wallet needs no upgrade, and stop waits for what is under way",
    instead: 'use stop, which ends the node in order',
  },
  {
    commands: ['exposesecret', 'makesecret', 'getemergencyrecoverdata', 'recover'],
    why: 'Till gives no secret away over its interfaces',
    instead: 'run till seed on the machine itself; docs/guide/backups.md tells how a node is restored',
  },
  {
    commands: ['listaddresses', 'signmessagewithkey'],
    why: 'Till lists no addresses that were not paid, and signs messages with the key of the node only',
    instead: 'use newaddr, listfunds and signmessage',
  },
  {
    commands: ['dev-forget-channel'],
    why: 'Till never forgets a channel that may hold money',
    instead: 'use close; a channel whose funding was never mined is forgotten by itself',
  },
];

const by_name: ReadonlyMap<string, Refusal> = new Map(
  REFUSALS.flatMap((refusal) => refusal.commands.map((name) => [name, refusal] as const)),
);

/** The error for a command that Core Lightning has and Till refuses; undefined for any other name. */
export function refusalOf(name: string): RpcError | undefined {
  const refusal = by_name.get(name);
  if (refusal === undefined) return undefined;
  return new RpcError('NOT_SUPPORTED', `${name}: ${refusal.why}; ${refusal.instead}`);
}
