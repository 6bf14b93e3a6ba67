/** How a node is called where two of them share a database: by its name, and by what tells its directory from any other. */
import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { RandomBytes } from '../../base/crypto/random.ts';
import { toHex } from '../../base/types/hex.ts';
import { writeWhole } from '../../infra/store/whole-file.ts';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/option.ts';

/** The name of the file in the node's directory. */
const ID_FILE = 'till.directory';

/** The names of connections hold 63 bytes of ASCII, with a word of ours before them. */
const NAME = /^[A-Za-z0-9._-]{1,40}$/;

/** Who a node is to the other one of its pair. */
export interface NodeName {
  /** For people: the option `node-name`, or the name of the machine with some digits of the directory's own number. */
  readonly name: string;
  /** Random, of this directory alone: 16 hex digits. A directory that is copied takes it along, and counts as the same. */
  readonly directory_id: string;
}

/** Reads the name, and makes the directory's number at the first start. Throws ConfigError, or what the file system says. */
export function nodeName(
  {
    values,
    network_dir,
  }: { readonly values: Partial<Pick<Config['values'], 'node-name'>>; readonly network_dir: string },
  random: RandomBytes,
): NodeName {
  const path = join(network_dir, ID_FILE);
  if (!existsSync(path)) writeWhole(path, `${toHex(random(8))}\n`);
  const directory_id = readFileSync(path, 'latin1').trim();
  const name =
    values['node-name'] ??
    `${hostname()
      .replaceAll(/[^A-Za-z0-9._-]/g, '-')
      .slice(0, 30)}-${directory_id.slice(0, 4)}`;
  if (!NAME.test(name)) {
    throw new ConfigError(`node-name has 1 to 40 letters, digits, dots, dashes and underscores, not '${name}'`);
  }
  return { name, directory_id };
}
