/** What an owner does with peers and channels: connect, open, close, and an address to deposit to. */
import { html } from '../html.ts';
import { formatMsat } from '../money.ts';
import type { PageAnswer } from '../page.ts';
import { msatIn, rowsIn, textIn } from './answers.ts';
import { confirm, confirmedKey } from './confirm.ts';
import { option, shortened } from './frame.ts';
import { refusal, type Visit } from './guard.ts';
import { receiving } from './receiving.ts';

/** Shows a new address of the wallet. */
export async function depositAddress(visit: Visit): Promise<PageAnswer> {
  try {
    const made = await visit.command('newaddr');
    return await receiving(visit, undefined, textIn(made, 'p2tr') ?? textIn(made, 'bech32'));
  } catch (error) {
    return await receiving(visit, { kind: 'bad', text: refusal(error) });
  }
}

/** Connects to a node. */
export async function connectPeer(visit: Visit): Promise<PageAnswer> {
  try {
    await visit.command('connect', { id: visit.asked.form.text('peer').trim() });
    return { see: '/receiving?done=connected' };
  } catch (error) {
    return await receiving(visit, { kind: 'bad', text: refusal(error) });
  }
}

/** Opens a channel, after asking. */
export async function openChannel(visit: Visit): Promise<PageAnswer> {
  const { asked, command } = visit;
  const peer = asked.form.text('peer').trim();
  const satoshi = asked.form.text('satoshi').replace(/[\s,.']/g, '');
  const announce = asked.form.text('announce') === 'yes';
  const [id = '', place] = peer.split('@');
  if (!/^0[23][0-9a-f]{64}$/i.test(id) || !/^\d{1,16}$/.test(satoshi)) {
    const text =
      'The node is its id, 66 hex digits, best with @HOST:PORT behind it; the amount is a whole number of satoshi.';
    return await receiving(visit, { kind: 'bad', text });
  }
  const key = confirmedKey(visit);
  if (key === undefined) {
    return confirm(visit, {
      title: 'Open this channel?',
      here: '/receiving',
      action: '/channels/open',
      back: '/receiving',
      button: 'Open the channel',
      fields: { peer, satoshi, announce: announce ? 'yes' : 'no' },
      text: html`
        <p>${formatMsat(BigInt(satoshi) * 1000n, 'en')} of the wallet go into a channel with ${shortened(id)}${announce ? ', which is announced to the network' : ''}. A fee for the miners comes on top.</p>
        <p>Closing it later costs another fee, and time if the peer is gone.</p>`,
    });
  }
  try {
    if (place !== undefined) await command('connect', { id: peer });
    await command('fundchannel', { id, amount: satoshi, announce }, key);
    return { see: '/receiving?done=opened' };
  } catch (error) {
    return await receiving(visit, { kind: 'bad', text: refusal(error) });
  }
}

/** Asks whether a channel is to be closed. */
export async function askClose(visit: Visit): Promise<PageAnswer> {
  const id = visit.asked.params.id ?? '';
  const channels = rowsIn(await visit.command('listpeerchannels'), 'channels');
  const channel = channels.find(({ channel_id }) => channel_id === id);
  if (channel === undefined) return { problem: 'not_found' };
  const is_there = channel.peer_connected === true;
  return confirm(visit, {
    title: 'Close this channel?',
    here: '/receiving',
    action: `/channels/${id}/close`,
    back: '/receiving',
    button: 'Close the channel',
    is_dangerous: true,
    fields: {},
    text: html`
      <p>The channel with ${shortened(textIn(channel, 'peer_id') ?? '')} ends. ${formatMsat(msatIn(channel, 'to_us_msat'), 'en')} of it are yours and come to the wallet, less the fee.</p>
      <p>It can then receive nothing any more: now it could receive ${formatMsat(msatIn(channel, 'receivable_msat'), 'en')}.</p>
      <div class="field"><label for="when">If the peer does not agree</label>
        <select id="when" name="unilateral">${option('172800', 'close alone after two days', is_there ? '172800' : '')}${option('60', 'close alone after a minute', is_there ? '' : '60')}</select></div>`,
  });
}

/** Closes it. What the peer still has to do goes on after the answer. */
export async function closeChannel(visit: Visit): Promise<PageAnswer> {
  const { asked, command } = visit;
  const id = asked.params.id ?? '';
  const key = confirmedKey(visit);
  if (key === undefined) return await askClose(visit);
  const unilateraltimeout = asked.form.text('unilateral') === '60' ? 60 : 172_800;
  const closing = command('close', { id, unilateraltimeout }, key);
  // The command answers when the channel is closed, which may take long: whether it was refused is known at once.
  const waited = new Promise<undefined>((resolve) => visit.tools.clock.after(3000, () => resolve(undefined)));
  try {
    await Promise.race([closing, waited]);
    closing.catch(() => {
      // What becomes of it is seen on the page.
    });
    return { see: '/receiving?done=closing' };
  } catch (error) {
    return await receiving(visit, { kind: 'bad', text: refusal(error) });
  }
}
