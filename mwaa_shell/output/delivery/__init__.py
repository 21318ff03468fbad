"""Where a reply goes when it is not simply shown: a pager, a file, a local command, the clipboard."""
