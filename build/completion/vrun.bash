# bash completion for vrun. Commands and options are read from `vrun help`, ids of containers from `vrun list -q`, so
# they are those of the vrun that is installed. (vrun.zsh and vrun.fish do the same.)

# A line an option: its name, and 1 where it takes a value.
_vrun_options() {
    "$1" help ${2:+"$2"} 2>/dev/null | awk '
        /^(GLOBAL )?OPTIONS:/ { on = 1; next }
        on && /^   --/ {
            value = $2 ~ /^value,?$/
            name = $1; sub(/,$/, "", name); print name, value
            short = value ? $3 : $2
            if ($1 ~ /,$/ || $2 == "value,") print short, value
        }'
}

_vrun_commands() {
    "$1" help 2>/dev/null | awk '/^COMMANDS:/ { on = 1; next } /^$/ { on = 0 } on { print $1 }'
}

_vrun() {
    local program=${COMP_WORDS[0]} cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
    local command= root= options word values=" " arguments=0 i
    COMPREPLY=()
    options=$(_vrun_options "$program")
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $word == -* ]]; then
            if grep -qx -e "$word 1" <<<"$options"; then
                [[ -z $command && $word == --root ]] && root=${COMP_WORDS[i+1]}
                ((i + 1 == COMP_CWORD)) && values=$word
                ((i++))
            fi
        elif [[ -z $command ]]; then
            command=$word
            options=$(_vrun_options "$program" "$command")
        else
            ((arguments++))
        fi
    done

    case $values in
        --bundle | -b | --root | --cwd)
            mapfile -t COMPREPLY < <(compgen -d -- "$cur")
            compopt -o filenames 2>/dev/null
            return ;;
        --log-format) mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$cur"); return ;;
        --format | -f) mapfile -t COMPREPLY < <(compgen -W 'table json' -- "$cur"); return ;;
        --log | --pid-file | --console-socket | --pidfd-socket | --process | -p | --resources | -r)
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            compopt -o filenames 2>/dev/null
            return ;;
        -*) return ;;
    esac
    if [[ $cur == -* ]]; then
        [[ $command == exec && $arguments -gt 0 ]] && return
        mapfile -t COMPREPLY < <(compgen -W "$(cut -d' ' -f1 <<<"$options") --help" -- "$cur")
        return
    fi
    case $command in
        '') mapfile -t COMPREPLY < <(compgen -W "$(_vrun_commands "$program")" -- "$cur") ;;
        help) mapfile -t COMPREPLY < <(compgen -W "$(_vrun_commands "$program")" -- "$cur") ;;
        create | run | spec | list | features | doctor) ;;
        explain)
            mapfile -t COMPREPLY < <(compgen -d -- "$cur")
            compopt -o filenames 2>/dev/null ;;
        *)
            if ((arguments == 0)); then
                mapfile -t COMPREPLY < <(compgen -W "$("$program" ${root:+--root "$root"} list -q 2>/dev/null)" -- "$cur")
            elif [[ $command == kill ]]; then
                mapfile -t COMPREPLY < <(compgen -W 'TERM KILL INT HUP QUIT USR1 USR2 STOP CONT WINCH' -- "$cur")
            fi ;;
    esac
}

complete -F _vrun vrun
