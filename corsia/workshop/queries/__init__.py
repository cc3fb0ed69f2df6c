"""What screens read of the workshop."""
