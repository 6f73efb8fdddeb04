# Completion of rsdbt for bash: source it, or write it to ~/.local/share/bash-completion/completions/rsdbt
_rsdbt() {
    local line=${COMP_LINE:0:COMP_POINT} words=() word blank last i kind='' value before=''
    # bash splits at `:` and `=` too; what no blank separates is one word
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        blank=${line%%[![:space:]]*}
        line=${line#"$blank"}
        if ((i == COMP_CWORD)); then word=$line; fi
        last=$((${#words[@]} - 1))
        if ((i == 0)) || [[ -n $blank ]]; then words+=("$word"); else words[last]+=$word; fi
        line=${line#"$word"}
    done
    word=${words[${#words[@]} - 1]}
    for i in : =; do
        if [[ $COMP_WORDBREAKS == *$i* && $word == *$i* && ${#before} -lt ${#word} ]]; then
            value=${word%"${word##*"$i"}"}
            if ((${#value} > ${#before})); then before=$value; fi
        fi
    done
    COMPREPLY=()
    while IFS= read -r value; do
        if [[ -z $kind ]]; then
            kind=$value
        else
            value=${value%%$'\t'*}
            value=${value#"$before"}
            if [[ $value == *[[:space:]\'\"\\\$\&\|\;\<\>\(\)\*\?]* ]]; then printf -v value %q "$value"; fi
            COMPREPLY+=("$value")
        fi
    done < <(command "${1/#\~/$HOME}" complete -- "${words[@]}" 2>/dev/null)
    if [[ $kind == paths ]]; then
        compopt -o filenames 2>/dev/null
        while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "${word#"$before"}")
    elif ((${#COMPREPLY[@]} == 1)) && [[ ${COMPREPLY[0]} == *[:/.=] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -F _rsdbt rsdbt
