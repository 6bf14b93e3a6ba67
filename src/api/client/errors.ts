/** How a call may end without a result. */

/** The node answered a call with an error. */
export class CallError extends Error {
  override readonly name = 'CallError';
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** The node did not answer: the connection ended or could not be made. Whether the call was carried out is unknown. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}
