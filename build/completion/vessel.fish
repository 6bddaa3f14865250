# fish completion for vessel, which is asked itself: `vessel __complete`.

function __vessel_complete
    set -l typed (commandline -opc) (commandline -ct)
    set -l found (vessel __complete $typed[2..-1] 2>/dev/null)
    switch "$found[-1]"
        case :files
            __fish_complete_path (commandline -ct)
        case :folders
            __fish_complete_directories (commandline -ct)
        case '*'
            test (count $found) -gt 1; and printf '%s\n' $found[1..-2]
    end
end

complete -c vessel -f -a '(__vessel_complete)'
