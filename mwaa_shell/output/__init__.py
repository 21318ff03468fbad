"""What to show of a Result: its data, its kind, its colours, its destination."""
