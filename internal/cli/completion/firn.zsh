#compdef firn nix
# Completion of firn and nix for zsh: asks the program what may follow.
#
# Lines from the program are PROPOSAL<tab>DESCRIPTION; the first says whether
# they are files ("filenames") or attributes ("attrs").

_firn() {
    local -a answer proposals options
    local line word kind suffix=' '
    answer=("${(@f)$(NIX_GET_COMPLETIONS=$((CURRENT - 1)) "${words[@]}" 2>/dev/null)}")
    kind=$answer[1]
    for line in ${answer:1}; do
        word=${${line%%$'\t'*}//:/\\:}
        [[ $line == *$'\t'?* ]] && word+=:${line#*$'\t'}
        proposals+=("$word")
    done
    case $kind in
        filenames) options=(-f) ;;
        attrs) suffix='' ;;
    esac
    _describe firn proposals $options -S "$suffix"
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _firn "$@"
else
    compdef _firn firn nix
fi
