"""What was run, where, when and how it ended: the entries, where they are kept, and how a typed line names them."""
