"""Secrets in commands and outputs, and the masks that replace them. Pure."""
