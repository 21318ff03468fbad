# Completion of mwaa-shell for bash, made by mwaa-shell itself. In ~/.bashrc:
#     eval "$(mwaa-shell --completions bash)"

# Sets words to what is written up to the cursor. Bash breaks words at = and : as well; what touches belongs together.
_mwaa_shell_words() {
    local left=${COMP_LINE:0:COMP_POINT} word i
    words=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if ((i > 0)) && [[ $left != [[:space:]]* && -n $left ]]; then
            ((i == COMP_CWORD)) && word=$left
            words[${#words[@]} - 1]+=$word
        else
            left=${left#"${left%%[![:space:]]*}"}
            ((i == COMP_CWORD)) && word=$left
            words+=("$word")
        fi
        left=${left#"$word"}
    done
}

# Asks the program for names, which it answers from what is on disk: KIND.
_mwaa_shell_names() {
    local program=${words[0]} count=${#words[@]} kind=$1
    case $program in
        "~/"*) program=$HOME/${program:2} ;;
        */*) ;;
        *) program=mwaa-shell ;;
    esac
    "$program" --complete-names "$kind" "${words[@]:1:count-2}" 2>/dev/null </dev/null
}

# Offers the lines of its input that begin as typed does, in front of each what readline leaves in its place.
_mwaa_shell_offer() {
    local name
    compopt +o default 2>/dev/null # bash 3.2 has none
    while IFS= read -r name; do
        if [[ $name == "$typed"* ]]; then
            [[ -n $quote ]] || printf -v name %q "$name"
            name=$front$name
            COMPREPLY+=("${name#"$stays"}")
        fi
    done
}

_mwaa_shell() {
    local words typed whole flag kind front='' quote='' stays last
    local options='@options@'
    COMPREPLY=()
    _mwaa_shell_words
    last=$((${#words[@]} - 1))
    whole=${words[last]} typed=${words[last]} flag=''
    ((last > 1)) && flag=${words[last - 1]}
    case $typed in
        --*=*) flag=${typed%%=*} front=${typed%%=*}= typed=${typed#*=} ;;
        -*) flag='' ;;
        *)
            case $flag in @joined@) flag='' ;; esac
            ;;
    esac
    case $typed in [\"\']*) quote=${typed:0:1} typed=${typed:1} ;; esac
    stays=${whole%"$2"}
    stays=${stays%[\"\']}

    case $flag in
@kinds@
        *) kind=place ;;
    esac
    case $kind in
        files) ;; # readline's own
        folders) compopt -o dirnames +o default 2>/dev/null ;;
        text) compopt +o default 2>/dev/null ;;
        versions)
            compopt -o nosort 2>/dev/null
            _mwaa_shell_offer <<<'@versions@'
            ;;
        listed)
            compopt -o nosort 2>/dev/null
            front+=${typed%"${typed##*,}"} typed=${typed##*,}
            _mwaa_shell_offer <<<'@versions@'
            ;;
        choices\ *)
            kind=${kind#choices }
            _mwaa_shell_offer <<<"${kind// /$'\n'}"
            ;;
        place)
            if [[ $typed != -* ]]; then
                _mwaa_shell_offer < <(_mwaa_shell_names place)
            fi
            if [[ $typed == -* || (-z $typed && ${#COMPREPLY[@]} -eq 0) ]]; then
                _mwaa_shell_offer <<<"$options"
            fi
            ;;
        *) _mwaa_shell_offer < <(_mwaa_shell_names "$kind") ;;
    esac
}

complete -o default -F _mwaa_shell mwaa-shell
