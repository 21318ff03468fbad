"""The terminal: the only importers of prompt_toolkit."""
