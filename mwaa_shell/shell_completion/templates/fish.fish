# In ~/.config/fish/config.fish: mwaa-shell --completions fish | source
# Or save the script as ~/.config/fish/completions/mwaa-shell.fish.

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

# What is typed of a value.
function __mwaa_shell_value
    string replace -r '^--[^=]*=' '' -- (commandline -ct)
end

# Behind those that are there already, with commas.
function __mwaa_shell_listed
    set -l before (string match -r '^.*,' -- (__mwaa_shell_value))
    for one in (__mwaa_shell_versions)
        echo "$before$one"
    end
end

function __mwaa_shell_files
    __fish_complete_path (__mwaa_shell_value)
end
