# In ~/.zshrc, after compinit: eval "$(mwaa-shell --completions zsh)"
# Or save the script as _mwaa-shell in a folder of $fpath.

# Names that the program answers from what is on disk: OPTIONS OF COMPADD... KIND.
_mwaa_shell_names() {
    local program=${(Q)words[1]}
    local -a found before
    case $program in
        \~/*) program=$HOME/${program:2} ;;
        */*) ;;
        *) program=mwaa-shell ;;
    esac
    before=("${(@Q)words[2,CURRENT-1]}")
    found=("${(@f)$("$program" --complete-names "$@[-1]" "${before[@]}" 2>/dev/null </dev/null)}")
    compadd "${@[1,-2]}" -- "${(@)found:#}"
}

# The newest first.
_mwaa_shell_versions() {
    local -a expl versions
    versions=(@versions@)
    _wanted -V versions expl version compadd -a versions
}

_mwaa_shell_listed() {
    compset -P '*,'
    _mwaa_shell_versions
}

(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
