/** What can be received, channel by channel; the reserve and what it means; peers. */
import type { JsonObject } from '../../../rpc/json.ts';
import { type Html, html } from '../html.ts';
import { formatCount, formatMsat } from '../money.ts';
import type { PageAnswer } from '../page.ts';
import { countIn, integerIn, msatIn, objectIn, rowsIn, textIn } from './answers.ts';
import { doneSaid, formToken, frame, type Said, shortened, table } from './frame.ts';
import type { Visit } from './guard.ts';
import { isNormal, nextStep, receivingState } from './receiving-state.ts';

const DONE = {
  opened: 'The channel is being opened. It can be used when its funding transaction is deep enough.',
  closing: 'The channel is being closed. What is yours comes to the wallet.',
  connected: 'The peer is connected.',
};

/** Channels that a page shows. */
const MOST_CHANNELS = 100;

/** Answers the page; `said` is what went wrong, `address` one that was made. */
export async function receiving(visit: Visit, said?: Said, address?: string): Promise<PageAnswer> {
  const { tools, person, asked, command } = visit;
  const [listed, info, peers] = await Promise.all([
    command('listpeerchannels'),
    command('getinfo'),
    command('listpeers'),
  ]);
  const channels = rowsIn(listed, 'channels');
  const state = receivingState(channels);
  const step = nextStep(state, info);
  const isOwner = person.role === 'owner';
  return frame(tools, person, {
    title: 'Receiving',
    here: '/receiving',
    said: said ?? doneSaid(asked, DONE),
    is_live: said === undefined && address === undefined,
    status: said?.kind === 'bad' ? 400 : 200,
    main: html`
      <div class="grid">
        <section class="card stack tight">
          <h2>Can be received now</h2>
          <p class="figure">${formatMsat(state.now_msat, 'en')}</p>
          <p class="muted">One payment in one part: up to ${formatMsat(state.largest_msat, 'en')}</p>
          ${state.away_msat > 0n && html`<p class="muted">${formatMsat(state.away_msat, 'en')} more when all peers are there</p>`}
          ${step !== undefined && html`<p class="notice ${step.kind}">${step.text}</p>`}
        </section>
        ${reserve(info, address, isOwner ? formToken(person) : undefined)}
      </div>
      <section class="card stack" id="channels">
        <h2>Channels</h2>
        ${channels.length === 0 ? html`<p class="muted">There are no channels.</p>` : channelTable(channels.slice(0, MOST_CHANNELS), isOwner)}
        ${channels.length > MOST_CHANNELS && html`<p class="muted">${formatCount(channels.length - MOST_CHANNELS, 'en')} more are not shown; till listpeerchannels lists all.</p>`}
      </section>
      ${isOwner && openForm(visit)}
      <section class="card stack">
        <h2>Peers</h2>
        ${peerTable(rowsIn(peers, 'peers').slice(0, MOST_CHANNELS))}
        ${isOwner && connectForm(visit)}
      </section>`,
  });
}

/** What the reserve is, how it stands, and an address to fill it. */
function reserve(info: JsonObject, address: string | undefined, token: Html | undefined): Html {
  const row = objectIn(info, 'reserve');
  const wanted_msat = msatIn(row, 'wanted_msat');
  const held_msat = msatIn(row, 'held_msat');
  const isEnough = held_msat >= wanted_msat;
  return html`
    <section class="card stack tight" id="reserve">
      <h2>Reserve</h2>
      <p class="figure">${formatMsat(held_msat, 'en')}</p>
      <p class="muted">of ${formatMsat(wanted_msat, 'en')} wanted</p>
      <p>${
        isEnough
          ? 'The wallet can pay the fees to bring every channel to the chain, also when fees rise.'
          : html`The wallet should hold ${formatMsat(wanted_msat - held_msat, 'en')} more: without it Till cannot defend large payments on the chain, and refuses them. Small ones, up to ${formatMsat(msatIn(row, 'undefended_msat'), 'en')} on their way at once, are taken all the same.`
      }</p>
      ${
        address === undefined
          ? token !== undefined &&
            html`<form method="post" action="/receiving/address">${token}<button class="button quiet">Show an address to deposit to</button></form>`
          : html`<p>Send bitcoin to this new address of the wallet:</p><p class="mono">${address}</p><p><a class="button" href="bitcoin:${address}">Open in a wallet</a></p>`
      }
    </section>`;
}

function channelTable(channels: readonly JsonObject[], isOwner: boolean): Html {
  return table(
    'Channels',
    ['Channel', 'State', '#Can receive', '#Yours', '#Can send', ...(isOwner ? ['Actions'] : [])],
    channels.map((channel) => {
      const id = textIn(channel, 'channel_id') ?? '';
      const total_msat = msatIn(channel, 'total_msat');
      const ours_msat = integerIn(channel, 'to_us_msat');
      const percent = total_msat === 0n ? 0n : ((ours_msat ?? 0n) * 100n) / total_msat;
      return html`
        <tr>
          <td>${textIn(channel, 'short_channel_id') ?? 'no block yet'}<br><span class="muted small">with ${shortened(textIn(channel, 'peer_id') ?? '')}</span></td>
          <td>${stateTag(channel)}</td>
          <td class="number">${formatMsat(msatIn(channel, 'receivable_msat'), 'en')}</td>
          <td class="number">${ours_msat === undefined ? 'unknown' : formatMsat(ours_msat, 'en')}<br><meter min="0" max="100" value="${percent}" aria-label="Share that is yours">${percent} %</meter></td>
          <td class="number">${formatMsat(msatIn(channel, 'spendable_msat'), 'en')}</td>
          ${isOwner && html`<td>${isNormal(channel) && html`<a href="/channels/${id}/close">Close</a>`}</td>`}
        </tr>`;
    }),
  );
}

function stateTag(channel: JsonObject): Html {
  const is_there = channel.peer_connected === true;
  if (!isNormal(channel)) return html`<span class="tag">${textIn(channel, 'state') ?? ''}</span>`;
  return is_there ? html`<span class="tag good">open</span>` : html`<span class="tag warn">peer is away</span>`;
}

function openForm({ person, asked: { form } }: Visit): Html {
  return html`
    <section class="card stack">
      <h2>Open a channel</h2>
      <p class="muted">The money in it is yours at first: it can be spent, and received again after that. To receive at once, let somebody open a channel to you.</p>
      <form class="filters" method="post" action="/channels/open">
        ${formToken(person)}
        <div class="field grows"><label for="peer">Node: ID@HOST:PORT</label><input id="peer" name="peer" required maxlength="300" value="${form.text('peer')}"></div>
        <div class="field"><label for="satoshi">Satoshi</label><input id="satoshi" name="satoshi" inputmode="numeric" required maxlength="20" value="${form.text('satoshi')}"></div>
        <div class="field"><label for="announce">Visible to</label><select id="announce" name="announce"><option value="no">the peer only</option><option value="yes">everybody</option></select></div>
        <div class="row"><button class="button quiet">Open ...</button></div>
      </form>
    </section>`;
}

function peerTable(peers: readonly JsonObject[]): Html {
  if (peers.length === 0) return html`<p class="muted">There are no peers.</p>`;
  return table(
    'Peers',
    ['Node', 'Address', '#Channels', 'State'],
    peers.map((peer) => {
      const [address] = Array.isArray(peer.netaddr) ? peer.netaddr : [];
      const is_there = peer.connected === true;
      return html`
        <tr><td>${shortened(textIn(peer, 'id') ?? '')}</td>
          <td>${typeof address === 'string' ? address : ''}</td>
          <td class="number">${countIn(peer, 'num_channels')}</td>
          <td><span class="tag ${is_there ? 'good' : 'warn'}">${is_there ? 'connected' : 'away'}</span></td></tr>`;
    }),
  );
}

function connectForm({ person }: Visit): Html {
  return html`
    <form class="filters" method="post" action="/peers/connect">
      ${formToken(person)}
      <div class="field grows"><label for="node">Connect to a node: ID@HOST:PORT</label><input id="node" name="peer" required maxlength="300"></div>
      <div class="row"><button class="button quiet">Connect</button></div>
    </form>`;
}
