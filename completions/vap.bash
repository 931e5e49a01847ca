# SPDX-License-Identifier: MIT
# bash: vap's commands and options. They are asked of vap itself, so this
# knows whatever the installed vap knows.

_vap_commands()
{
    "$1" --help 2>/dev/null |
        sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\)  .*/\1/p'
}

# The long options of a command, or of vap when there is none.
_vap_options()
{
    "$@" --help 2>/dev/null |
        sed -n '/^Options:/,/^$/s/^  \(-.,\|   \) \(--[a-z0-9-]*\).*/\2/p'
}

_vap()
{
    local vap=${COMP_WORDS[0]} word=${COMP_WORDS[COMP_CWORD]} command=
    local i

    for ((i = 1; i < COMP_CWORD; i++)); do
        if [[ ${COMP_WORDS[i]} != -* ]]; then
            command=${COMP_WORDS[i]}
            break
        fi
    done
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(
            compgen -W "$(_vap_options "$vap" ${command:+"$command"})" -- "$word")
    elif [[ -z $command ]]; then
        mapfile -t COMPREPLY < <(
            compgen -W "$(_vap_commands "$vap")" -- "$word")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        compopt -o filenames 2>/dev/null
    fi
}

complete -F _vap vap
