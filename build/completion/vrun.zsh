#compdef vrun
# zsh completion for vrun; see vrun.bash for where the words come from.

_vrun_help() {
    # NAME:TEXT lines of the commands or of the options of a command; a value's option ends in `=`.
    "${words[1]}" help $2 2>/dev/null | awk -v what="$1" '
        /^COMMANDS:/ { on = what == "commands"; next }
        /^(GLOBAL )?OPTIONS:/ { on = what == "options"; next }
        /^$/ { on = 0 }
        !on { next }
        what == "commands" { name = $1; sub(/^ *[^ ]+ +/, ""); gsub(/:/, "\\:"); print name ":" $0; next }
        /^   --/ {
            value = $2 ~ /^value,?$/
            name = $1; sub(/,$/, "", name)
            short = ""
            if ($1 ~ /,$/ || $2 == "value,") short = value ? $3 : $2
            text = substr($0, 31); gsub(/:/, "\\:", text)
            print name ":" text
            if (short != "") print short ":" text
        }'
}

_vrun_takes_value() {
    "${words[1]}" help $2 2>/dev/null | awk -v name="$1" '
        /^   --/ && $2 ~ /^value,?$/ { if ($1 == name || ($2 == "value," && $3 == name)) found = 1 }
        END { exit !found }'
}

_vrun() {
    local command root word value
    local -i i arguments=0
    local -a found
    for ((i = 2; i < CURRENT; i++)); do
        word=${words[i]}
        if [[ $word == -* ]]; then
            if _vrun_takes_value $word $command; then
                [[ -z $command && $word == --root ]] && root=${words[i+1]}
                ((i + 1 == CURRENT)) && value=$word
                ((i++))
            fi
        elif [[ -z $command ]]; then
            command=$word
        else
            ((arguments++))
        fi
    done

    case $value in
        --bundle|-b|--root|--cwd) _files -/; return ;;
        --log-format) compadd text json; return ;;
        --format|-f) compadd table json; return ;;
        --log|--pid-file|--console-socket|--pidfd-socket|--process|-p|--resources|-r) _files; return ;;
        -*) _message value; return ;;
    esac
    if [[ ${words[CURRENT]} == -* ]]; then
        [[ $command == exec && $arguments -gt 0 ]] && return
        found=("${(@f)$(_vrun_help options $command)}")
        _describe option found
        return
    fi
    case $command in
        ''|help)
            found=("${(@f)$(_vrun_help commands)}")
            _describe command found ;;
        create|run|spec|list|features|doctor) _message 'container id' ;;
        explain) _files -/ ;;
        *)
            if ((arguments == 0)); then
                found=("${(@f)$("${words[1]}" ${root:+--root} $root list -q 2>/dev/null)}")
                _describe container found
            elif [[ $command == kill ]]; then
                compadd TERM KILL INT HUP QUIT USR1 USR2 STOP CONT WINCH
            fi ;;
    esac
}

_vrun "$@"
