#compdef vessel
# zsh completion for vessel, which is asked itself: `vessel __complete`.

_vessel() {
    local kind line
    local -a found offered
    found=("${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    kind=${found[-1]}
    case $kind in
        :files) _files; return ;;
        :folders) _files -/; return ;;
    esac
    for line in "${(@)found[1,-2]}"; do
        if [[ $line == *$'\t'* ]]; then
            offered+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
        else
            offered+=("${line//:/\\:}")
        fi
    done
    _describe -t words word offered
}

_vessel "$@"
