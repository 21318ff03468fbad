"""``python -m mwaa_shell``."""

from mwaa_shell.cli import main

if __name__ == "__main__":
    main()
