# bash completion for vessel, which is asked itself: `vessel __complete`. (vessel.zsh and vessel.fish do the same.)

_vessel() {
    local line=${COMP_LINE:0:COMP_POINT} cur kind i
    local -a words found
    # bash cuts names of images at their colons: the line itself does not.
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    cur=${words[-1]}
    mapfile -t found < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
    COMPREPLY=()
    ((${#found[@]})) || return
    kind=${found[-1]}
    unset 'found[-1]'
    case $kind in
        :files | :folders)
            mapfile -t COMPREPLY < <(compgen "$([[ $kind == :files ]] && echo -f || echo -d)" -- "$cur")
            compopt -o filenames 2>/dev/null
            return ;;
    esac
    COMPREPLY=("${found[@]%%$'\t'*}")
    # What is before the last colon is on the line already.
    if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then
        for i in "${!COMPREPLY[@]}"; do
            COMPREPLY[i]=${COMPREPLY[i]#"${cur%"${cur##*:}"}"}
        done
    fi
}

complete -F _vessel vessel
