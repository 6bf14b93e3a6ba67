/** What a client is answered when a node refuses. */
import assert from 'node:assert/strict';

/** Asserts that the node answers an error: this code, and these words or words like these. Resolves with its data. */
export async function refused(code: number, message: string | RegExp, asked: Promise<unknown>): Promise<unknown> {
  let data: unknown;
  await assert.rejects(asked, (error: Error & { code?: number; data?: unknown }) => {
    assert.equal(error.code, code, error.message);
    if (typeof message === 'string') assert.equal(error.message, message);
    else assert.match(error.message, message);
    data = error.data;
    return true;
  });
  return data;
}
