# In ~/.bashrc: eval "$(mwaa-shell --completions bash)"

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
_mwaa_shell_environments() { _mwaa_shell_names environments; }
_mwaa_shell_profiles() { _mwaa_shell_names profiles; }
_mwaa_shell_regions() { _mwaa_shell_names regions; }
# Where no environment can stand, the options.
_mwaa_shell_place() {
    local names
    names=$(_mwaa_shell_names place)
    [[ -n $names || -n $1 ]] || names=$(printf '%s\n' "${_shtab_mwaa_shell_option_strings[@]}")
    [[ -z $names ]] || printf '%s\n' "$names"
}
_mwaa_shell_versions() { printf '%s\n' @versions@; }
# Behind those that are there already, with commas.
_mwaa_shell_listed() {
    local before=${1%"${1##*,}"} version
    for version in @versions@; do printf '%s\n' "$before$version"; done
}
# Leave it to readline.
_mwaa_shell_files() { echo //files; }
_mwaa_shell_folders() { echo //folders; }

# Calls shtab's function with whole words, and quotes what it offers, with in front of each what readline replaces.
_mwaa_shell() {
    local words whole typed front='' quote='' stays last name
    local -a split=() offered
    _mwaa_shell_words
    last=$((${#words[@]} - 1))
    whole=${words[last]} typed=${words[last]}
    case $typed in --*=*) front=${typed%%=*}= typed=${typed#*=} ;; esac
    case $typed in [\"\']*) quote=${typed:0:1} typed=${typed:1} ;; esac
    stays=${whole%"$2"}
    stays=${stays%[\"\']}
    for name in "${words[@]:0:last}"; do
        case $name in
            --*=*) split+=("${name%%=*}" "${name#*=}") ;;
            *) split+=("$name") ;;
        esac
    done
    if [[ -n $front ]]; then
        split+=("${front%=}")
    elif [[ $typed == -* ]]; then # an option may stand anywhere
        split=(mwaa-shell)
    fi
    local -a COMP_WORDS=("${split[@]}" "$typed")
    local COMP_CWORD=${#split[@]}
    _shtab_mwaa_shell
    offered=("${COMPREPLY[@]}")
    COMPREPLY=()
    case ${offered[0]-} in
        //files) return ;;
        //folders)
            compopt -o dirnames +o default 2>/dev/null
            return
            ;;
    esac
    compopt +o default -o nosort 2>/dev/null # bash 3.2 has none
    for name in "${offered[@]}"; do
        if [[ $name == "$typed"* ]]; then
            [[ -n $quote ]] || printf -v name %q "$name"
            name=$front$name
            COMPREPLY+=("${name#"$stays"}")
        fi
    done
}
