/** The fields of a form that a browser has sent (application/x-www-form-urlencoded). */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { readWhole } from '../body.ts';

export class Form {
  readonly #fields: URLSearchParams;

  constructor(body = '') {
    this.#fields = new URLSearchParams(body);
  }

  /** The field's text; empty when there is none. */
  text(name: string): string {
    return this.#fields.get(name) ?? '';
  }

  /** Every value of a field that may be there several times. */
  all(name: string): readonly string[] {
    return this.#fields.getAll(name);
  }

  /** Whether there is such a field: a box that is not ticked is not sent. */
  has(name: string): boolean {
    return this.#fields.has(name);
  }
}

/** Why a body is no form. */
export type FormFault = 'too_long' | 'bad_form';

/** Reads the form in the body. What is longer than `most_bytes` is not kept. */
export function readForm(request: IncomingMessage, most_bytes: number): Promise<Form | FormFault> {
  return new Promise((resolve) => {
    const type = request.headers['content-type'] ?? '';
    if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type)) {
      request.resume();
      resolve('bad_form');
      return;
    }
    const take = (body: Buffer | undefined): void => {
      if (body === undefined) resolve('too_long');
      else resolve(isUtf8(body) ? new Form(body.toString('utf8')) : 'bad_form');
    };
    readWhole(request, take, most_bytes);
  });
}
