"""Secrets: where they are in commands and in what commands print, and the masks that replace them. Pure."""
