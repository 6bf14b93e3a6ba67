/** Every command of the node. This is the only list: servers, help and documents are made from it. */

import type { Command } from '../rpc/command.ts';
import { autocleanOnce } from './autoclean-once.ts';
import { autocleanStatus } from './autoclean-status.ts';
import { autocleaninvoice } from './autocleaninvoice.ts';
import { backup } from './backup.ts';
import { batching } from './batching.ts';
import { bkprListaccountevents } from './bkpr-listaccountevents.ts';
import { bkprListbalances } from './bkpr-listbalances.ts';
import { bkprListincome } from './bkpr-listincome.ts';
import { blacklistrune } from './blacklistrune.ts';
import { buychannel } from './buychannel.ts';
import { check } from './check.ts';
import { checkmessage } from './checkmessage.ts';
import { checkrune } from './checkrune.ts';
import { close } from './close.ts';
import { connect } from './connect.ts';
import { createinvoice } from './createinvoice.ts';
import { createitem } from './createitem.ts';
import { createlightningaddress } from './createlightningaddress.ts';
import { createlogin } from './createlogin.ts';
import { createrune } from './createrune.ts';
import { createsale } from './createsale.ts';
import { createuser } from './createuser.ts';
import { createwebhook } from './createwebhook.ts';
import { currencyconvert } from './currencyconvert.ts';
import { currencyrate } from './currencyrate.ts';
import { decidedeposit } from './decidedeposit.ts';
import { decode } from './decode.ts';
import { decodepay } from './decodepay.ts';
import { deleteitem } from './deleteitem.ts';
import { deletelightningaddress } from './deletelightningaddress.ts';
import { deletesession } from './deletesession.ts';
import { deleteuser } from './deleteuser.ts';
import { deletewebhook } from './deletewebhook.ts';
import { delexpiredinvoice } from './delexpiredinvoice.ts';
import { delinvoice } from './delinvoice.ts';
import { deprecations } from './deprecations.ts';
import { disconnect } from './disconnect.ts';
import { emergencyrecover } from './emergencyrecover.ts';
import { exportledger } from './exportledger.ts';
import { feerates } from './feerates.ts';
import { findinvoices } from './findinvoices.ts';
import { fundchannel } from './fundchannel.ts';
import { funderupdate } from './funderupdate.ts';
import { getinfo } from './getinfo.ts';
import { getlog } from './getlog.ts';
import { getroute } from './getroute.ts';
import { getroutes } from './getroutes.ts';
import { help } from './help.ts';
import { inbound } from './inbound.ts';
import { invoice } from './invoice.ts';
import { keysend } from './keysend.ts';
import { listactions } from './listactions.ts';
import { listbackups } from './listbackups.ts';
import { listchannelorders } from './listchannelorders.ts';
import { listchannels } from './listchannels.ts';
import { listclosedchannels } from './listclosedchannels.ts';
import { listconfigs } from './listconfigs.ts';
import { listcurrencyrates } from './listcurrencyrates.ts';
import { listdatastore } from './listdatastore.ts';
import { listdeliveries } from './listdeliveries.ts';
import { listdeposits } from './listdeposits.ts';
import { listevents } from './listevents.ts';
import { listforwards } from './listforwards.ts';
import { listfunds } from './listfunds.ts';
import { listhtlcs } from './listhtlcs.ts';
import { listincoming } from './listincoming.ts';
import { listinvoicerequests } from './listinvoicerequests.ts';
import { listinvoices } from './listinvoices.ts';
import { listitems } from './listitems.ts';
import { listlightningaddresses } from './listlightningaddresses.ts';
import { listlsps } from './listlsps.ts';
import { listnodes } from './listnodes.ts';
import { listoffers } from './listoffers.ts';
import { listpays } from './listpays.ts';
import { listpeerchannels } from './listpeerchannels.ts';
import { listpeers } from './listpeers.ts';
import { listrefunds } from './listrefunds.ts';
import { listsales } from './listsales.ts';
import { listsendpays } from './listsendpays.ts';
import { listsessions } from './listsessions.ts';
import { listsqlschemas } from './listsqlschemas.ts';
import { listtakings } from './listtakings.ts';
import { listtransactions } from './listtransactions.ts';
import { listusers } from './listusers.ts';
import { listwebhooks } from './listwebhooks.ts';
import type { Modules } from './modules.ts';
import { newaddr } from './newaddr.ts';
import { notifications } from './notifications.ts';
import { parsefeerate } from './parsefeerate.ts';
import { pay } from './pay.ts';
import { ping } from './ping.ts';
import { plugin } from './plugin.ts';
import { preapproveinvoice } from './preapproveinvoice.ts';
import { preapprovekeysend } from './preapprovekeysend.ts';
import { recoverchannel } from './recoverchannel.ts';
import { redeliverwebhook } from './redeliverwebhook.ts';
import { refund } from './refund.ts';
import { renepay } from './renepay.ts';
import { rotatewebhooksecret } from './rotatewebhooksecret.ts';
import { sendpay } from './sendpay.ts';
import { setchannel } from './setchannel.ts';
import { setconfig } from './setconfig.ts';
import { showrunes } from './showrunes.ts';
import { signinvoice } from './signinvoice.ts';
import { signmessage } from './signmessage.ts';
import { sql } from './sql.ts';
import { staticbackup } from './staticbackup.ts';
import { stop } from './stop.ts';
import { switchover } from './switchover.ts';
import { testwebhook } from './testwebhook.ts';
import { unreserveinputs } from './unreserveinputs.ts';
import { updateitem } from './updateitem.ts';
import { updatelightningaddress } from './updatelightningaddress.ts';
import { updateuser } from './updateuser.ts';
import { updatewebhook } from './updatewebhook.ts';
import { wait } from './wait.ts';
import { waitanyinvoice } from './waitanyinvoice.ts';
import { waitblockheight } from './waitblockheight.ts';
import { waitevent } from './waitevent.ts';
import { waitinvoice } from './waitinvoice.ts';
import { waitsendpay } from './waitsendpay.ts';
import { withdraw } from './withdraw.ts';
import { xkeysend } from './xkeysend.ts';
import { xpay } from './xpay.ts';

/** The commands, ordered by name. */
export const commands: readonly Command<Modules>[] = [
  autocleanOnce,
  autocleanStatus,
  autocleaninvoice,
  backup,
  batching,
  bkprListaccountevents,
  bkprListbalances,
  bkprListincome,
  blacklistrune,
  buychannel,
  check,
  checkmessage,
  checkrune,
  close,
  connect,
  createinvoice,
  createitem,
  createlogin,
  createlightningaddress,
  createrune,
  createsale,
  createuser,
  createwebhook,
  currencyconvert,
  currencyrate,
  decidedeposit,
  decode,
  decodepay,
  deleteitem,
  deletesession,
  deleteuser,
  deletelightningaddress,
  deletewebhook,
  delexpiredinvoice,
  delinvoice,
  deprecations,
  disconnect,
  emergencyrecover,
  exportledger,
  feerates,
  findinvoices,
  fundchannel,
  funderupdate,
  getinfo,
  getlog,
  getroute,
  getroutes,
  help,
  inbound,
  invoice,
  keysend,
  listactions,
  listbackups,
  listchannelorders,
  listchannels,
  listclosedchannels,
  listconfigs,
  listcurrencyrates,
  listdatastore,
  listdeliveries,
  listdeposits,
  listevents,
  listforwards,
  listfunds,
  listhtlcs,
  listincoming,
  listinvoicerequests,
  listinvoices,
  listitems,
  listlsps,
  listlightningaddresses,
  listnodes,
  listoffers,
  listpays,
  listpeerchannels,
  listpeers,
  listrefunds,
  listsales,
  listsendpays,
  listsessions,
  listsqlschemas,
  listtakings,
  listtransactions,
  listusers,
  listwebhooks,
  newaddr,
  notifications,
  parsefeerate,
  pay,
  ping,
  plugin,
  preapproveinvoice,
  preapprovekeysend,
  recoverchannel,
  redeliverwebhook,
  refund,
  renepay,
  rotatewebhooksecret,
  sendpay,
  setchannel,
  setconfig,
  showrunes,
  signinvoice,
  signmessage,
  sql,
  staticbackup,
  stop,
  switchover,
  testwebhook,
  unreserveinputs,
  updateitem,
  updateuser,
  updatelightningaddress,
  updatewebhook,
  wait,
  waitanyinvoice,
  waitblockheight,
  waitevent,
  waitinvoice,
  waitsendpay,
  withdraw,
  xkeysend,
  xpay,
];
