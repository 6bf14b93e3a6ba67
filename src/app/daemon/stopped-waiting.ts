/** How a wait to take over ends that was no success: in a file of its own, because most nodes need nothing else of a pair. */

/** The node was stopped while it waited. */
export class StoppedWaitingError extends Error {
  override readonly name = 'StoppedWaitingError';

  constructor() {
    super('stopped while it waited to take over');
  }
}
