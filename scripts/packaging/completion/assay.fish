# fish completion for assay: the commands and options come from the program's own help.
function __assay_commands
    assay --help 2>/dev/null | string match -rg '^  ([a-z][a-z-]*) '
end
function __assay_options
    set -l words (commandline -opc)
    assay $words[2] --help 2>/dev/null | string match -rg '^ +(?:-[a-z] \[ )?(--[a-z][a-z-]*)'
end
complete -c assay -n 'test (count (commandline -opc)) -eq 1' -f -a '(__assay_commands)'
complete -c assay -n 'test (count (commandline -opc)) -gt 1; and string match -q -- "-*" (commandline -ct)' -f -a '(__assay_options)'
