/** The test's side of an LDK node: starts it in a process of its own, asks it, and waits for what it tells. */
import { type ChildProcess, fork } from 'node:child_process';
import type { FromLdk, LdkCommands, LdkEvent, ToLdk } from './protocol.ts';

type StartOptions = Parameters<LdkCommands['start']>[0];

export class LdkPeer {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  readonly #listeners = new Set<(event: LdkEvent) => void>();
  #next = 1;
  /** All that the node told, oldest first. */
  readonly events: LdkEvent[] = [];
  node_id = '';
  port = 0;
  /** Where its coins are paid to, hex. */
  script_pubkey = '';
  /** The last block that it had seen when it started. */
  height = 0;

  /** Starts a node, or starts one again from its directory. */
  static async start(options: StartOptions): Promise<LdkPeer> {
    const peer = new LdkPeer();
    const { node_id, port, script_pubkey, height } = await peer.ask('start', options);
    peer.node_id = node_id;
    peer.port = port;
    peer.script_pubkey = script_pubkey;
    peer.height = height;
    return peer;
  }

  private constructor() {
    this.#process = fork(new URL('./ldk-process.ts', import.meta.url), { serialization: 'advanced' });
    this.#process.on('message', (message) => this.#receive(message as FromLdk));
    this.#process.on('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the LDK process has ended'));
      this.#waiting.clear();
    });
  }

  /** Asks the node to do something. Rejects with LDK's own word when it refuses. */
  ask<Name extends keyof LdkCommands>(
    command: Name,
    ...args: Parameters<LdkCommands[Name]>
  ): Promise<ReturnType<LdkCommands[Name]>> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
      this.#process.send({ id, command, args } satisfies ToLdk, (error) => error !== null && reject(error));
    });
  }

  /** Calls back for all that the node tells from now on; the answer ends that. */
  onEvent(listener: (event: LdkEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The first event of this kind (told already or still to come) that the test has not taken yet. */
  take<Kind extends LdkEvent['kind']>(
    kind: Kind,
    accept: (event: Extract<LdkEvent, { kind: Kind }>) => boolean = () => true,
  ): Promise<Extract<LdkEvent, { kind: Kind }>> {
    type Wanted = Extract<LdkEvent, { kind: Kind }>;
    const isWanted = (event: LdkEvent): event is Wanted => event.kind === kind && accept(event as Wanted);
    const index = this.events.findIndex(isWanted);
    if (index >= 0) return Promise.resolve(this.events.splice(index, 1)[0] as Wanted);
    return new Promise((resolve) => {
      const stop = this.onEvent((event) => {
        if (!isWanted(event)) return;
        stop();
        this.events.splice(this.events.indexOf(event), 1);
        resolve(event);
      });
    });
  }

  /** Ends the process at once, as a crash would. */
  kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      this.#process.once('exit', () => resolve());
      this.#process.kill('SIGKILL');
    });
  }

  #receive(message: FromLdk): void {
    if ('event' in message) {
      this.events.push(message.event);
      for (const listener of [...this.#listeners]) listener(message.event);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if ('error' in message) waiting?.reject(new Error(message.error));
    else waiting?.resolve(message.result);
  }
}
