"""The names that an environment has: what is known of its DAGs, runs, variables and so on, for completion."""
