"""The text of a reply: what its parts are, which are folded away, and their colours."""
