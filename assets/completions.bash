
# Completes whole words: bash splits them at : = and @ as well.
_subscope() {
    local words=() current=0 rest=$COMP_LINE word i
    for i in "${!COMP_WORDS[@]}"; do
        word=${COMP_WORDS[i]}
        if [[ ${#words[@]} -eq 0 || $rest == [[:space:]]* ]]; then
            words+=("$word")
        else
            words[${#words[@]}-1]+=$word
        fi
        rest=${rest#"${rest%%[![:space:]]*}"}
        rest=${rest#"$word"}
        if [[ $i -eq $COMP_CWORD ]]; then
            current=$((${#words[@]} - 1))
        fi
    done
    word=${words[current]}
    local COMP_WORDS=("${words[@]}") COMP_CWORD=$current
    _clap_complete_subscope "$1" "$word" "$3"
    local breaks=${COMP_WORDBREAKS//[!:=@]/}
    if [[ -n $breaks && $word == *["$breaks"]* ]]; then
        local after=${word##*["$breaks"]}
        COMPREPLY=("${COMPREPLY[@]#"${word%"$after"}"}")
    fi
}
