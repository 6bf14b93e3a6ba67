/** `till completion SHELL`: a script that completes the names of commands and options. */
import { commands } from '../../api/commands/index.ts';
import { EXIT } from '../config/exit-codes.ts';
import { didYouMean } from '../config/nearest.ts';
import { OPTIONS, SHORTHANDS } from '../config/options.ts';
import { OWN_COMMAND_NAMES, ownHelp } from './own-commands.ts';

const CLIENT_OPTIONS = [
  ...['--lightning-dir', '--network', '--rpc-file', '--conf', '--keywords', '--order', '--json', '--raw'],
  ...['--human-readable', '--flat', '--notifications', '--filter', '--help', '--version'],
];

/** What can be completed. */
interface Names {
  readonly methods: string;
  /** Options of the client. */
  readonly client: string;
  /** Options of `till start`. */
  readonly start: string;
}

/** Prints the script of the shell that is named. */
export function printCompletion([shell = '']: readonly string[]): number {
  if (shell === '--help' || shell === '-h') {
    process.stdout.write(ownHelp('completion'));
    return EXIT.ok;
  }
  if (!Object.hasOwn(SCRIPTS, shell)) {
    const hint = shell === '' ? '' : didYouMean(shell, Object.keys(SCRIPTS));
    process.stderr.write(`till: completion for which shell? till completion bash|zsh|fish${hint}\n`);
    return EXIT.usage;
  }
  const start = [...Object.keys(OPTIONS), ...Object.keys(SHORTHANDS), 'help'];
  process.stdout.write(
    SCRIPTS[shell as keyof typeof SCRIPTS]({
      methods: [...OWN_COMMAND_NAMES, ...commands.map(({ name }) => name)].sort().join(' '),
      client: CLIENT_OPTIONS.join(' '),
      start: start.map((name) => `--${name}`).join(' '),
    }),
  );
  return EXIT.ok;
}

/** Each finds the method among the words before the one that is completed: the first that is neither option nor value. */
const SCRIPTS = {
  bash: ({ methods, client, start }: Names) => `_till() {
  local word=\${COMP_WORDS[COMP_CWORD]} method= each is_value= names=
  for each in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [ -n "$is_value" ]; then is_value=; continue; fi
    case $each in
      =|-N|-l) is_value=yes ;;
      -*) ;;
      *) method=$each; break ;;
    esac
  done
  case $method in
    '') case $word in -*) names="${client}" ;; *) names="${methods}" ;; esac ;;
    start) names="${start}" ;;
    help|check) names="${methods}" ;;
  esac
  COMPREPLY=($(compgen -W "$names" -- "$word"))
}
complete -o default -F _till till
`,
  zsh: ({ methods, client, start }: Names) => `#compdef till
_till() {
  local -a given
  given=(\${words[2,CURRENT-1]:#-*})
  case \${given[1]} in
    '') if [[ \${words[CURRENT]} == -* ]]; then compadd -- ${client}; else compadd -- ${methods}; fi ;;
    start) compadd -- ${start} ;;
    help|check) compadd -- ${methods} ;;
    *) _files ;;
  esac
}
if [ "$funcstack[1]" = _till ]; then _till "$@"; else compdef _till till; fi
`,
  fish: ({ methods, client, start }: Names) =>
    [
      `complete -c till -n __fish_use_subcommand -f -a "${methods}"`,
      ...client.split(' ').map((name) => `complete -c till -n __fish_use_subcommand -l ${name.slice(2)}`),
      `complete -c till -n "__fish_seen_subcommand_from help check" -f -a "${methods}"`,
      ...start.split(' ').map((name) => `complete -c till -n "__fish_seen_subcommand_from start" -l ${name.slice(2)}`),
      '',
    ].join('\n'),
};
