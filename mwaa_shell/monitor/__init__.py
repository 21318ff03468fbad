"""What goes on in an environment, looked at again and again: rounds of a command, and a run from trigger to end."""
