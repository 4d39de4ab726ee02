# Completion of firn and nix for bash: asks the program what may follow.
#
# Lines from the program are PROPOSAL<tab>DESCRIPTION; the first says whether
# they are files ("filenames") or attributes ("attrs").

_firn_complete() {
    local cur words cword line kind=
    if declare -F _comp_get_words >/dev/null; then
        _comp_get_words -n ':=&' cur words cword
    elif declare -F _get_comp_words_by_ref >/dev/null; then
        _get_comp_words_by_ref -n ':=&' cur words cword
    else
        words=("${COMP_WORDS[@]}") cword=$COMP_CWORD cur=${COMP_WORDS[COMP_CWORD]}
    fi
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ -z $kind ]]; then
            kind=$line
            [[ $kind == filenames ]] && compopt -o filenames
            [[ $kind == attrs ]] && compopt -o nospace
            continue
        fi
        COMPREPLY+=("${line%%$'\t'*}")
    done < <(NIX_GET_COMPLETIONS=$cword "${words[@]}" 2>/dev/null)
    # bash takes a colon for the start of a new word.
    if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then
        local before=${cur%"${cur##*:}"} i
        for i in "${!COMPREPLY[@]}"; do
            COMPREPLY[i]=${COMPREPLY[i]#"$before"}
        done
    fi
}

complete -F _firn_complete firn nix
