# Completion of firn and nix for fish: asks the program what may follow.
#
# Lines from the program are PROPOSAL<tab>DESCRIPTION, which is what fish wants;
# the first says what they are and is dropped.

function __firn_complete
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    set -l current (commandline --current-token --cut-at-cursor)
    env NIX_GET_COMPLETIONS=(count $words) $words "$current" 2>/dev/null | tail -n +2
end

complete --command firn --no-files --arguments '(__firn_complete)'
complete --command nix --no-files --arguments '(__firn_complete)'
