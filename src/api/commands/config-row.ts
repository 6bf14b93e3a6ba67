/** An option as `listconfigs` and `setconfig` show it, with Core Lightning's members. */
import type { ConfigValue } from './modules.ts';

/** The name under which Core Lightning shows a value of each kind. */
const VALUE_NAMES = {
  flag: 'set',
  string: 'value_str',
  integer: 'value_int',
  boolean: 'value_bool',
  msat: 'value_msat',
  strings: 'values_str',
} as const satisfies Record<ConfigValue['kind'], string>;

/** The value, where it comes from, and whether `setconfig` changes it. */
export function configRow({ kind, value, source, is_dynamic }: ConfigValue) {
  return { [VALUE_NAMES[kind]]: value, source, ...(is_dynamic ? { dynamic: true } : {}) };
}
