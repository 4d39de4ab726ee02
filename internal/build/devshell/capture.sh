# The builder of a changed derivation: it runs the setup of the build and writes what shell variables and
# functions that leaves, as JSON, to the first output. The form is in docs/spec/development-environment.md.
set -e
if [[ -e ${NIX_ATTRS_SH_FILE-} ]]; then . "$NIX_ATTRS_SH_FILE"; fi
export IN_NIX_SHELL=impure dontAddDisableDepTrack=1
if [[ -n ${stdenv-} ]]; then . "$stdenv/setup"; fi

_firn_variables=$(declare -p)
_firn_functions=$(declare -F)

# The rest names everything with _firn_, so that it meets nothing of the build's.

_firn_json() { # TEXT
    local s=${1//\\/\\\\} c out i
    s=${s//\"/\\\"} s=${s//$'\n'/\\n} s=${s//$'\r'/\\r} s=${s//$'\t'/\\t}
    if [[ $s == *[$'\001'-$'\037']* ]]; then
        out=
        for ((i = 0; i < ${#s}; i++)); do
            c=${s:i:1}
            if [[ $c == [$'\001'-$'\037'] ]]; then printf -v c '\\u%04x' "'$c"; fi
            out+=$c
        done
        s=$out
    fi
    printf '"%s"' "$s"
}

_firn_one_function() { # NAME
    local text
    text=$(declare -f "$1")
    text=${text#*\{}
    _firn_json "$1"
    printf ': '
    _firn_json "${text%\}*}"
}

_firn_one_variable() { # NAME FLAG
    local -n _firn_value=$1
    local key comma=
    _firn_json "$1"
    case $2 in
    x) printf ': {"type": "exported", "value": '; _firn_json "$_firn_value" ;;
    -) printf ': {"type": "var", "value": '; _firn_json "$_firn_value" ;;
    a)
        printf ': {"type": "array", "value": ['
        for key in "${_firn_value[@]}"; do printf '%s' "$comma"; _firn_json "$key"; comma=', '; done
        printf ']' ;;
    A)
        printf ': {"type": "associative", "value": {'
        for key in "${!_firn_value[@]}"; do
            printf '%s' "$comma"; _firn_json "$key"; printf ': '; _firn_json "${_firn_value[$key]}"; comma=', '
        done
        printf '}' ;;
    *) printf ': {"type": "unknown"' ;;
    esac
    printf '}'
}

# Variables that the shell makes by itself.
_firn_own=' _ DIRSTACK EPOCHREALTIME EPOCHSECONDS EUID FUNCNAME GROUPS HISTCMD HOSTNAME PIPESTATUS PWD RANDOM SECONDS SHLVL '

_firn_all() {
    local line name flag comma
    printf '{\n  "bashFunctions": {'
    comma='
    '
    while IFS= read -r line; do
        name=${line#declare -f }
        if [[ $name == "$line" || $name == _firn_* ]]; then continue; fi
        printf '%s' "$comma"
        _firn_one_function "$name"
        comma=',
    '
    done <<<"$_firn_functions"
    printf '\n  },\n  "variables": {'
    comma='
    '
    while IFS= read -r line; do
        # One letter of attributes only. A line that looks like this inside a value names no variable.
        if ! [[ $line =~ ^declare\ -([^ ])\ ([A-Za-z_][A-Za-z0-9_]*)(=|$) ]]; then continue; fi
        flag=${BASH_REMATCH[1]} name=${BASH_REMATCH[2]}
        case $name in BASH_* | COMP_* | _firn_*) continue ;; esac
        if [[ $_firn_own == *" $name "* ]] || ! declare -p "$name" >/dev/null 2>&1; then continue; fi
        printf '%s' "$comma"
        _firn_one_variable "$name" "$flag"
        comma=',
    '
    done <<<"$_firn_variables"
    printf '\n  }'
    if [[ -e ${NIX_ATTRS_SH_FILE-} ]]; then
        printf ',\n  "structuredAttrs": {\n    ".attrs.json": '
        _firn_json "$(<"$NIX_ATTRS_JSON_FILE")"
        printf ',\n    ".attrs.sh": '
        _firn_json "$(<"$NIX_ATTRS_SH_FILE")"
        printf '\n  }'
    fi
    printf '\n}\n'
}

# Structured attributes map outputs to paths; otherwise outputs is a list of variables that have the paths.
_firn_paths=()
if [[ -e ${NIX_ATTRS_SH_FILE-} ]]; then
    _firn_paths=("${outputs[@]}")
else
    for _firn_name in $outputs; do _firn_paths+=("${!_firn_name}"); done
fi
_firn_all >"${_firn_paths[0]}"
for _firn_path in "${_firn_paths[@]:1}"; do : >"$_firn_path"; done
