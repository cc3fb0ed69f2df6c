"""What screens and jobs read of privacy."""
