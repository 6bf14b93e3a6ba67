/**
 * The options that change while the node runs. A change is judged as at a start, kept for the next one, and only then in
 * force: `Config.values` has it, which whoever needs the option reads when it needs it; who must act at once is told.
 */
import { type Config, checkTogether } from './config.ts';
import { ConfigError, type OptionDefinition, parseValue } from './option.ts';
import { OPTIONS, type OptionName } from './options.ts';
import { keepOption } from './setconfig-file.ts';

/** The source of a value that holds until the node stops; the name is Core Lightning's. */
export const TRANSIENT = 'setconfig transient';

/** What a change came to. */
export interface Changed {
  /** Where the value stands for the next start, or TRANSIENT. */
  readonly source: string;
  /** The command line says the option as well, and counts again at the next start. */
  readonly is_on_command_line: boolean;
}

export class LiveConfig {
  readonly config: Config;
  readonly #checks: ((config: Config) => unknown)[] = [checkTogether];
  readonly #listeners: { readonly names: readonly OptionName[]; readonly listener: () => void }[] = [];
  /** Where files say an option: a transient change hides that. */
  readonly #said_at = new Map<string, string>();
  readonly #on_command_line = new Set<string>();

  /** `config`: of which the values and sources change. */
  constructor(config: Config) {
    this.config = config;
    for (const [name, source] of Object.entries(config.sources)) {
      if (source === 'cmdline') this.#on_command_line.add(name);
      else if (source !== 'default') this.#said_at.set(name, source);
    }
  }

  /** Has a change judged by this too: it throws ConfigError for a config that cannot be. */
  addCheck(check: (config: Config) => unknown): void {
    this.#checks.push(check);
  }

  /** Calls the listener after one of these options has changed. */
  onChange(names: readonly OptionName[], listener: () => void): void {
    this.#listeners.push({ names, listener });
  }

  /** Changes an option. Throws ConfigError, and then nothing has changed. */
  set(name: OptionName, text: string, { is_transient }: { readonly is_transient: boolean }): Changed {
    const option: OptionDefinition = OPTIONS[name];
    if (option.is_dynamic !== true) throw new ConfigError(`${name} is read when the node starts`);
    const bare = text.trim();
    if (/\p{Cc}/u.test(bare)) throw new ConfigError(`Error setting ${name}: the value is one line of text`);
    const value = parseValue(name, option, bare, `Error setting ${name}`);
    this.#check(name, value);
    const source = is_transient ? TRANSIENT : this.#keep(name, bare);
    (this.config.values as Record<string, unknown>)[name] = value;
    (this.config.sources as Record<string, string>)[name] = source;
    for (const { names, listener } of this.#listeners) if (names.includes(name)) listener();
    return { source, is_on_command_line: this.#on_command_line.has(name) };
  }

  #check(name: OptionName, value: unknown): void {
    const changed: Config = { ...this.config, values: { ...this.config.values, [name]: value } };
    try {
      for (const check of this.#checks) check(changed);
    } catch (error) {
      throw error instanceof ConfigError ? new ConfigError(`Error setting ${name}: ${error.message}`) : error;
    }
  }

  #keep(name: OptionName, value: string): string {
    const { own_conf } = this.config;
    const source = keepOption({ name, value, own_conf, said_at: this.#said_at.get(name) });
    this.#said_at.set(name, source);
    return source;
  }
}
