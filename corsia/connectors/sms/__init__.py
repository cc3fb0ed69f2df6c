"""SMS as a channel."""
