/** Every command of the node. This is the only list: doors, help and documents are made from it. */
import type { Command } from '../rpc/command.ts';
import { autocleanOnce } from './autoclean-once.ts';
import { autocleanStatus } from './autoclean-status.ts';
import { autocleaninvoice } from './autocleaninvoice.ts';
import { batching } from './batching.ts';
import { check } from './check.ts';
import { createinvoice } from './createinvoice.ts';
import { decode } from './decode.ts';
import { decodepay } from './decodepay.ts';
import { delexpiredinvoice } from './delexpiredinvoice.ts';
import { delinvoice } from './delinvoice.ts';
import { deprecations } from './deprecations.ts';
import { feerates } from './feerates.ts';
import { getinfo } from './getinfo.ts';
import { getroute } from './getroute.ts';
import { help } from './help.ts';
import { invoice } from './invoice.ts';
import { listconfigs } from './listconfigs.ts';
import { listfunds } from './listfunds.ts';
import { listinvoices } from './listinvoices.ts';
import { listpays } from './listpays.ts';
import { listsendpays } from './listsendpays.ts';
import { newaddr } from './newaddr.ts';
import { notifications } from './notifications.ts';
import { pay } from './pay.ts';
import { preapproveinvoice } from './preapproveinvoice.ts';
import type { Rooms } from './rooms.ts';
import { sendpay } from './sendpay.ts';
import { signinvoice } from './signinvoice.ts';
import { stop } from './stop.ts';
import { wait } from './wait.ts';
import { waitanyinvoice } from './waitanyinvoice.ts';
import { waitinvoice } from './waitinvoice.ts';
import { waitsendpay } from './waitsendpay.ts';
import { withdraw } from './withdraw.ts';
import { xpay } from './xpay.ts';

/** The commands, ordered by name. */
export const commands: readonly Command<Rooms>[] = [
  autocleanOnce,
  autocleanStatus,
  autocleaninvoice,
  batching,
  check,
  createinvoice,
  decode,
  decodepay,
  delexpiredinvoice,
  delinvoice,
  deprecations,
  feerates,
  getinfo,
  getroute,
  help,
  invoice,
  listconfigs,
  listfunds,
  listinvoices,
  listpays,
  listsendpays,
  newaddr,
  notifications,
  pay,
  preapproveinvoice,
  sendpay,
  signinvoice,
  stop,
  wait,
  waitanyinvoice,
  waitinvoice,
  waitsendpay,
  withdraw,
  xpay,
];
