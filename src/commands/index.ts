/** Every command of the node. This is the only list: doors, help and documents are made from it. */
import type { Command } from '../rpc/command.ts';
import { batching } from './batching.ts';
import { check } from './check.ts';
import { deprecations } from './deprecations.ts';
import { getinfo } from './getinfo.ts';
import { help } from './help.ts';
import { listconfigs } from './listconfigs.ts';
import { notifications } from './notifications.ts';
import type { Rooms } from './rooms.ts';
import { stop } from './stop.ts';

/** The commands, ordered by name. */
export const commands: readonly Command<Rooms>[] = [
  batching,
  check,
  deprecations,
  getinfo,
  help,
  listconfigs,
  notifications,
  stop,
];
