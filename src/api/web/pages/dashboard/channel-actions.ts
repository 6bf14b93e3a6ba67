/** What an owner does with peers and channels: connect, open, close, and an address to deposit to. */
import { filled, filledText } from '../fill.ts';
import { html } from '../html.ts';
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
  const { asked, command, texts, show } = visit;
  const { receiving: says } = texts;
  const peer = asked.form.text('peer').trim();
  const satoshi = asked.form.text('satoshi').replace(/[\s,.']/g, '');
  const announce = asked.form.text('announce') === 'yes';
  const [id = '', place] = peer.split('@');
  if (!/^0[23][0-9a-f]{64}$/i.test(id) || !/^\d{1,16}$/.test(satoshi)) {
    return await receiving(visit, { kind: 'bad', text: says.bad_peer });
  }
  const key = confirmedKey(visit);
  if (key === undefined) {
    return confirm(visit, {
      title: says.ask_open,
      here: '/receiving',
      action: '/channels/open',
      back: '/receiving',
      button: says.open_it,
      fields: { peer, satoshi, announce: announce ? 'yes' : 'no' },
      text: html`
        <p>${filled(announce ? says.ask_open_public : says.ask_open_text, { amount: show.msat(BigInt(satoshi) * 1000n), peer: shortened(id) })}</p>
        <p>${says.ask_open_later}</p>`,
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
  const { texts, show } = visit;
  const { receiving: says } = texts;
  const channels = rowsIn(await visit.command('listpeerchannels'), 'channels');
  const channel = channels.find(({ channel_id }) => channel_id === id);
  if (channel === undefined) return { problem: 'not_found' };
  const is_there = channel.peer_connected === true;
  return confirm(visit, {
    title: says.ask_close,
    here: '/receiving',
    action: `/channels/${id}/close`,
    back: '/receiving',
    button: says.close_it,
    is_dangerous: true,
    fields: {},
    text: html`
      <p>${filled(says.ask_close_text, { peer: shortened(textIn(channel, 'peer_id') ?? ''), ours: show.msat(msatIn(channel, 'to_us_msat')) })}</p>
      <p>${filledText(says.ask_close_room, { room: show.msat(msatIn(channel, 'receivable_msat')) })}</p>
      <div class="field"><label for="when">${says.if_not_agreed}</label>
        <select id="when" name="unilateral">${option('172800', says.after_days, is_there ? '172800' : '')}${option('60', says.after_minute, is_there ? '' : '60')}</select></div>`,
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
