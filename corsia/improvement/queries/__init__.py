"""What screens read of improvement."""
