# fish completion for vrun; see vrun.bash for where the words come from.

function __vrun_words --description 'the command, then its arguments, without options and their values'
    set -l command
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip -eq 1
            set skip 0
        else if string match -q -- '-*' $word
            if __vrun_help options $command | string match -q -- "$word=*"
                set skip 1
            end
        else
            test -z "$command"; and set command $word
            echo $word
        end
    end
end

function __vrun_help --description 'commands, or options of a command: NAME[=] TAB TEXT'
    vrun help $argv[2] 2>/dev/null | awk -v what=$argv[1] '
        /^COMMANDS:/ { on = what == "commands"; next }
        /^(GLOBAL )?OPTIONS:/ { on = what == "options"; next }
        /^$/ { on = 0 }
        !on { next }
        what == "commands" { name = $1; sub(/^ *[^ ]+ +/, ""); print name "\t" $0; next }
        /^   --/ {
            value = $2 ~ /^value,?$/
            name = $1; sub(/,$/, "", name)
            short = ""
            if ($1 ~ /,$/ || $2 == "value,") short = value ? $3 : $2
            text = substr($0, 31)
            print name (value ? "=" : "") "\t" text
            if (short != "") print short (value ? "=" : "") "\t" text
        }'
end

function __vrun_ids --description 'containers under the root that was given'
    set -l words (commandline -opc)
    set -l at (contains -i -- --root $words)
    if test -n "$at"
        vrun --root $words[(math $at + 1)] list -q 2>/dev/null
    else
        vrun list -q 2>/dev/null
    end
end

function __vrun_complete
    set -l words (__vrun_words)
    set -l tokens (commandline -opc)
    if string match -q -- '-*' (commandline -ct)
        test "$words[1]" = exec; and test (count $words) -gt 1; and return
        __vrun_help options $words[1] | string replace -r '=?\t' '\t'
        return
    end
    switch "$tokens[-1]"
        case --log-format
            printf '%s\n' text json
            return
        case --format
            printf '%s\n' table json
            return
        case '-*'
            if __vrun_help options $words[1] | string match -q -- "$tokens[-1]=*"
                __fish_complete_path (commandline -ct)
                return
            end
    end
    switch "$words[1]"
        case '' help
            __vrun_help commands
        case create run spec list features doctor
        case explain
            __fish_complete_directories (commandline -ct)
        case '*'
            if test (count $words) -eq 1
                __vrun_ids
            else if test $words[1] = kill
                printf '%s\n' TERM KILL INT HUP QUIT USR1 USR2 STOP CONT WINCH
            end
    end
end

complete -c vrun -f -a '(__vrun_complete)'
