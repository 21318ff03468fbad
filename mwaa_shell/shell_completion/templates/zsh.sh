#compdef mwaa-shell
# Completion of mwaa-shell for zsh, made by mwaa-shell itself. In ~/.zshrc, behind compinit:
#     eval "$(mwaa-shell --completions zsh)"
# or as a file that is called _mwaa-shell, in a folder of $fpath.

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

_mwaa-shell() {
    _arguments -S \
@options@
        '*: : _wanted environments expl environment _mwaa_shell_names place'
}

if [[ $funcstack[1] == _mwaa-shell ]]; then
    _mwaa-shell "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
    compdef _mwaa-shell mwaa-shell
fi
