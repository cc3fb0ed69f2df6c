"""Pages of the dealer's system."""
