"""MWAA itself: who the environment is, how bytes travel, what a reply says, and what one command costs."""
