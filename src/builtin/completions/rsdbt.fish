# Completion of rsdbt for fish: source it, or write it to ~/.config/fish/completions/rsdbt.fish
function __rsdbt_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l lines (command $before[1] complete -- $before "$current" 2>/dev/null)
    if test "$lines[1]" = paths
        __fish_complete_path (string replace -r '^--[^=]*=' '' -- "$current")
    else if set -q lines[2]
        printf '%s\n' $lines[2..-1]
    end
end
complete -c rsdbt -f -a '(__rsdbt_complete)'
