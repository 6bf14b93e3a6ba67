/** What the node and the thread of the map say to each other. */
import type { OutputClaim, OutputFinding } from './ports.ts';
import type { ChannelLesson, QuestionName, Questions } from './questions.ts';
import type { GossipPeer } from './seeker.ts';

/** What the thread is started with. */
export interface WorkerData {
  readonly path: string;
  readonly chain_hash: string;
  readonly known_features: readonly number[];
  readonly height: number;
  /** The node's time: in tests it is not the machine's. */
  readonly now_seconds: number;
  readonly can_check_all: boolean;
  readonly claims_at_once: number;
}

/** To the thread. */
export type ToKeeper =
  | { readonly kind: 'connected'; readonly peer: GossipPeer }
  | { readonly kind: 'disconnected'; readonly peer: number }
  | { readonly kind: 'gossip'; readonly peer: number; readonly messages: readonly Uint8Array[]; readonly bytes: number }
  | {
      readonly kind: 'own';
      readonly about: string;
      readonly message: Uint8Array;
      readonly short_channel_id: string | undefined;
    }
  | { readonly kind: 'block'; readonly height: number; readonly outpoints: Uint8Array }
  | { readonly kind: 'block_gone'; readonly height: number }
  | { readonly kind: 'ask'; readonly number: number; readonly name: QuestionName; readonly asked: object }
  | { readonly kind: 'learn'; readonly lessons: readonly ChannelLesson[] }
  | { readonly kind: 'findings'; readonly number: number; readonly findings: readonly OutputFinding[] }
  | { readonly kind: 'stop' };

/** From the thread. */
export type FromKeeper =
  | { readonly kind: 'send'; readonly peer: number; readonly messages: readonly Uint8Array[] }
  /** So much gossip of this peer has been looked at. */
  | { readonly kind: 'taken'; readonly peer: number; readonly bytes: number }
  | { readonly kind: 'hold_off'; readonly peer: number; readonly reason: string; readonly seconds: number }
  | { readonly kind: 'check'; readonly number: number; readonly claims: readonly OutputClaim[] }
  | { readonly kind: 'answer'; readonly number: number; readonly answer: Questions[QuestionName]['answer'] }
  | { readonly kind: 'log'; readonly level: 'info' | 'debug' | 'warn'; readonly text: string }
  | { readonly kind: 'stopped' };
