"""Records as people read them, and in the formats that programs read."""
