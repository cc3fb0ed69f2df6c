"""Pages of workshop."""
