/** The thread of the map: it owns the map and its file, and checks every signature of gossip. */
import { readlinkSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import { basename } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type Clock, systemClock } from '../../base/types/clock.ts';
import { Keeper } from './keeper.ts';
import type { FromKeeper, ToKeeper, WorkerData } from './messages.ts';
import type { OutputFinding } from './ports.ts';

/** Seconds by which two clocks of one machine may differ at one moment. */
const SAME_TIME_SECONDS = 10;

/** The machine's clock, at the time of the node. */
function clockFrom(now_seconds: number): Clock {
  const ahead_seconds = now_seconds - systemClock.nowSeconds();
  if (Math.abs(ahead_seconds) < SAME_TIME_SECONDS) return systemClock;
  return { ...systemClock, nowSeconds: () => systemClock.nowSeconds() + ahead_seconds };
}

/**
 * Gives back the memory that reading the file took for a moment: two megabytes that V8 would keep, since so little happens
 * in this thread afterwards. Only a new context has the function for it, and only while the flag is set.
 */
function giveBack(): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('globalThis.gc');
  setFlagsFromString('--no-expose-gc');
  // Where a V8 has none the memory stays, and nothing else.
  if (typeof collect === 'function') collect({ type: 'major', flavor: 'last-resort' });
}

/** So much lower the priority of this thread is than that of the others, as `nice` counts. */
const YIELDS_BY = 5;

/**
 * Learning the network takes a core for a minute: where another thread of the node wants it, payments go first. Linux has a
 * priority for each thread, and its number here; elsewhere all threads are alike.
 */
function yieldToNode(say: (message: FromKeeper) => void): void {
  if (process.platform !== 'linux') return;
  try {
    const thread = Number(basename(readlinkSync('/proc/thread-self')));
    setPriority(thread, Math.min(getPriority(thread) + YIELDS_BY, constants.priority.PRIORITY_LOW));
  } catch (error) {
    const text = `the map of the network is learned at the priority of payments, which may slow them: ${error}`;
    say({ kind: 'log', level: 'warn', text });
  }
}

function serve(port: MessagePort, data: WorkerData): void {
  const say = (message: FromKeeper): void => port.postMessage(message);
  yieldToNode(say);
  const checks = new Map<number, (findings: readonly OutputFinding[]) => void>();
  let check_number = 0;
  const keeper = new Keeper({
    path: data.path,
    chain_hash: data.chain_hash,
    known_features: new Set(data.known_features),
    height: data.height,
    clock: clockFrom(data.now_seconds),
    ports: {
      send: (peer, messages) => say({ kind: 'send', peer, messages }),
      holdOff: (peer, reason, seconds) => say({ kind: 'hold_off', peer, reason, seconds }),
      log: (level, text) => say({ kind: 'log', level, text }),
      outputs: {
        can_check_all: data.can_check_all,
        claims_at_once: data.claims_at_once,
        check: (claims) =>
          new Promise((resolve) => {
            const number = check_number++;
            checks.set(number, resolve);
            say({ kind: 'check', number, claims });
          }),
      },
    },
  });
  giveBack();
  port.on('message', (message: ToKeeper) => {
    switch (message.kind) {
      case 'connected':
        keeper.connected(message.peer);
        break;
      case 'disconnected':
        keeper.disconnected(message.peer);
        break;
      case 'gossip': {
        const { peer, messages, bytes } = message;
        void keeper.receive(peer, messages).then(() => say({ kind: 'taken', peer, bytes }));
        break;
      }
      case 'own':
        keeper.own(message.about, message.message, message.short_channel_id);
        break;
      case 'block':
        keeper.block(message.height, message.outpoints);
        break;
      case 'block_gone':
        keeper.blockGone(message.height);
        break;
      case 'learn':
        keeper.learn(message.lessons);
        break;
      case 'findings':
        checks.get(message.number)?.(message.findings);
        checks.delete(message.number);
        break;
      case 'ask': {
        const { number, name, asked } = message;
        void keeper.answer(name, asked as never).then((answer) => say({ kind: 'answer', number, answer }));
        break;
      }
      case 'stop':
        keeper.stop();
        say({ kind: 'stopped' });
        port.close();
        break;
    }
  });
}

if (parentPort !== null) serve(parentPort, workerData as WorkerData);
