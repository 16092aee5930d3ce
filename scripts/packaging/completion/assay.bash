# bash completion for assay: the commands and options come from the program's own help.
_assay() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} program=${COMP_WORDS[0]} words
  if (( COMP_CWORD == 1 )); then
    words=$("$program" --help 2> /dev/null | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p')
  elif [[ $before == --profile ]]; then
    words='quick standard thorough'
  elif [[ $word == -* ]]; then
    words=$("$program" "${COMP_WORDS[1]}" --help 2> /dev/null | grep -oE '^ +(-[a-z] \[ )?--[a-z][a-z-]*' | grep -oE -- '--[a-z-]+')
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
    return
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -o filenames -F _assay assay
