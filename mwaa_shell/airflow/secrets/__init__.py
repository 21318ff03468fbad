"""Secrets: where they stand in commands and in what commands print, and the masks that replace them. Pure."""
