#compdef rsdbt
# Completion of rsdbt for zsh: source it, or write it to a folder of $fpath as _rsdbt
_rsdbt() {
    local kind line value
    local -a lines typed closed open
    typed=("${(@)words[1,CURRENT]}")
    typed[CURRENT]=$PREFIX
    lines=("${(@f)$(command ${(Q)words[1]} complete -- "${(@)typed}" 2>/dev/null)}")
    kind=$lines[1]
    if [[ $kind == paths ]]; then
        [[ $PREFIX == --*=* ]] && compset -P '*='
        _files
        return
    fi
    for line in "${(@)lines[2,-1]}"; do
        value=${line%%$'\t'*}
        line="${value//:/\\:}:${line#*$'\t'}"
        if [[ $value == *[:/.=] ]]; then open+=("$line"); else closed+=("$line"); fi
    done
    (( $#closed )) && _describe rsdbt closed
    (( $#open )) && _describe rsdbt open -S ''
}
if [[ $funcstack[1] == _rsdbt ]]; then
    _rsdbt "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
    compdef _rsdbt rsdbt
fi
