/** What the network can bring to our peers, asked of the map now and then: an invoice must not wait for it. */
import { type Msat, msat } from '../../base/types/amount.ts';
import type { NodeId } from '../../base/types/brand.ts';
import type { Clock } from '../../base/types/clock.ts';
import type { PublicNetwork } from '../../node/network/public-network.ts';

const ASK_EVERY_MS = 60_000;

export class IncomingCapacities {
  readonly #clock: Clock;
  readonly #network: Pick<PublicNetwork, 'ask'>;
  readonly #node_id: NodeId;
  readonly #peers: () => readonly NodeId[];
  #known: ReadonlyMap<NodeId, Msat> | undefined;
  #cancel: () => void = () => {};

  /** `peers`: those that we have channels with. */
  constructor(clock: Clock, network: Pick<PublicNetwork, 'ask'>, node_id: NodeId, peers: () => readonly NodeId[]) {
    this.#clock = clock;
    this.#network = network;
    this.#node_id = node_id;
    this.#peers = peers;
  }

  start(): void {
    this.#cancel = this.#clock.after(ASK_EVERY_MS, () => {
      void this.look().catch(() => {
        // Its end was reported; nothing is known then.
        this.#known = undefined;
      });
      this.start();
    });
  }

  stop(): void {
    this.#cancel();
  }

  /** Asks the map now. */
  async look(): Promise<void> {
    const { is_known, capacities } = await this.#network.ask('incoming', {
      node_id: this.#node_id,
      peer_ids: this.#peers(),
    });
    this.#known = is_known
      ? new Map(capacities.map(({ peer_id, incoming_msat }) => [peer_id, msat(BigInt(incoming_msat))]))
      : undefined;
  }

  /** Undefined while nobody knows. */
  of(peer_id: NodeId): Msat | undefined {
    return this.#known?.get(peer_id);
  }
}
