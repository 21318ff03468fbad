"""What is looked at again and again."""
