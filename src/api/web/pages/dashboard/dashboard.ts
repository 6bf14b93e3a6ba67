/** The pages for the shop's own people: what there is, and who answers it. */
import type { PageRoute, PageTools } from '../page.ts';
import { account, addPasskey, changePassword, passkeyOptions, removePasskey } from './account.ts';
import { backups, downloadChannels, makeCopy } from './backups.ts';
import { askClose, closeChannel, connectPeer, depositAddress, openChannel } from './channel-actions.ts';
import { decide, deposits } from './deposits.ts';
import { downloadLedger, exports } from './exports.ts';
import { changeFirstSteps, firstSteps } from './first-steps.ts';
import { get, post } from './guard.ts';
import { invoiceDetail } from './invoice-detail.ts';
import { invoices, makeInvoice, newInvoice } from './invoices.ts';
import { live } from './live.ts';
import { log } from './log.ts';
import { overviewPage } from './overview.ts';
import { payAddress, payInvoice, payouts } from './payouts.ts';
import { addUser, changePeople, people } from './people.ts';
import { receiving } from './receiving.ts';
import { giveBack } from './refunds.ts';
import { makeRune, revokeRune, runes } from './runes.ts';
import { changeSettings, settings } from './settings.ts';
import { changeWebhook, makeWebhook, webhookDetail, webhooks } from './webhooks.ts';

/** The routes. */
export function dashboardPages(tools: PageTools): readonly PageRoute[] {
  return [
    get(tools, '/', overviewPage),
    get(tools, '/live', live),
    get(tools, '/first-steps', (visit) => firstSteps(visit)),
    post(tools, '/first-steps', changeFirstSteps),
    get(tools, '/invoices', invoices),
    get(tools, '/invoices/{number}', (visit) => invoiceDetail(visit)),
    post(tools, '/invoices/{number}/refund', giveBack),
    get(tools, '/export', (visit) => exports(visit)),
    get(tools, '/export/ledger', downloadLedger),
    get(tools, '/new-invoice', (visit) => newInvoice(visit)),
    post(tools, '/new-invoice', makeInvoice),
    get(tools, '/receiving', (visit) => receiving(visit)),
    post(tools, '/receiving/address', depositAddress),
    post(tools, '/peers/connect', connectPeer),
    post(tools, '/channels/open', openChannel),
    get(tools, '/channels/{id}/close', askClose),
    post(tools, '/channels/{id}/close', closeChannel),
    get(tools, '/deposits', (visit) => deposits(visit)),
    post(tools, '/deposits', decide),
    get(tools, '/payouts', (visit) => payouts(visit)),
    post(tools, '/payouts/invoice', payInvoice),
    post(tools, '/payouts/address', payAddress),
    get(tools, '/webhooks', (visit) => webhooks(visit)),
    post(tools, '/webhooks', makeWebhook),
    get(tools, '/webhooks/{id}', (visit) => webhookDetail(visit)),
    post(tools, '/webhooks/{id}', changeWebhook),
    get(tools, '/people', (visit) => people(visit)),
    post(tools, '/people', addUser),
    post(tools, '/people/change', changePeople),
    get(tools, '/runes', (visit) => runes(visit)),
    post(tools, '/runes', makeRune),
    post(tools, '/runes/revoke', revokeRune),
    get(tools, '/account', (visit) => account(visit)),
    post(tools, '/account/password', changePassword),
    post(tools, '/account/passkey-options', passkeyOptions),
    post(tools, '/account/passkeys', addPasskey),
    post(tools, '/account/passkeys/remove', removePasskey),
    get(tools, '/backups', (visit) => backups(visit)),
    post(tools, '/backups', makeCopy),
    get(tools, '/backups/channels.json', downloadChannels),
    get(tools, '/log', log),
    get(tools, '/settings', (visit) => settings(visit)),
    post(tools, '/settings', changeSettings),
  ];
}
