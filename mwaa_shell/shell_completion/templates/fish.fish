# Completion of mwaa-shell for fish, made by mwaa-shell itself. In ~/.config/fish/config.fish:
#     mwaa-shell --completions fish | source
# or as ~/.config/fish/completions/mwaa-shell.fish.

# Names that the program answers from what is on disk: KIND.
function __mwaa_shell_names
    set -l words (commandline -opc)
    set -l program mwaa-shell
    if string match -q '*/*' -- $words[1]
        set program (string replace -r '^~/' "$HOME/" -- $words[1])
    end
    set -e words[1]
    command $program --complete-names $argv[1] $words 2>/dev/null </dev/null
end

# The newest first.
function __mwaa_shell_versions
    printf '%s\n' @versions@
end

# Behind those that are there already, with commas.
function __mwaa_shell_listed
    set -l before (string match -r '^.*,' -- (string replace -r '^--[^=]*=' '' -- (commandline -ct)))
    for one in (__mwaa_shell_versions)
        echo "$before$one"
    end
end

function __mwaa_shell_behind
    set -l words (commandline -opc)
    contains -- $words[-1] $argv
end

complete -c mwaa-shell -f
complete -c mwaa-shell -n 'not __mwaa_shell_behind @bare@' -a '(__mwaa_shell_names place)'
complete -c mwaa-shell -k -n '__mwaa_shell_behind @bare@' -a '(__mwaa_shell_listed)'
@options@
