/** `till completion SHELL`: a script that completes the names of commands and options. */
import { commands } from '../commands/index.ts';
import { OPTIONS } from '../config/options.ts';
import { EXIT } from './exit-codes.ts';

const OWN = ['start', 'sandbox', 'seed', 'completion'];

/** Prints the script of the shell that is named. */
export function printCompletion([shell]: readonly string[]): number {
  const methods = [...OWN, ...commands.map(({ name }) => name)].sort();
  const options = Object.keys(OPTIONS).map((name) => `--${name}`);
  const script = scripts[shell as keyof typeof scripts];
  if (script === undefined) {
    process.stderr.write('till: completion for which shell? till completion bash|zsh|fish\n');
    return EXIT.usage;
  }
  process.stdout.write(script(methods, options));
  return EXIT.ok;
}

const scripts = {
  bash: (methods: readonly string[], options: readonly string[]) => `_till() {
  local word=\${COMP_WORDS[COMP_CWORD]}
  if [ "\${COMP_WORDS[1]}" = start ]; then COMPREPLY=($(compgen -W "${options.join(' ')}" -- "$word"))
  elif [ "$COMP_CWORD" = 1 ] || [ "\${COMP_WORDS[COMP_CWORD-1]}" = help ]; then COMPREPLY=($(compgen -W "${methods.join(' ')}" -- "$word"))
  fi
}
complete -F _till till
`,
  zsh: (methods: readonly string[], options: readonly string[]) => `#compdef till
if (( CURRENT == 2 )) || [[ \${words[CURRENT-1]} == help ]]; then compadd ${methods.join(' ')}
elif [[ \${words[2]} == start ]]; then compadd -- ${options.join(' ')}
fi
`,
  fish: (methods: readonly string[], options: readonly string[]) =>
    [
      'complete -c till -f',
      `complete -c till -n __fish_use_subcommand -a "${methods.join(' ')}"`,
      `complete -c till -n "__fish_seen_subcommand_from help" -a "${methods.join(' ')}"`,
      ...options.map((option) => `complete -c till -n "__fish_seen_subcommand_from start" -l ${option.slice(2)}`),
      '',
    ].join('\n'),
};
