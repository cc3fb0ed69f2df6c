"""What can be done with improvement: one verb per use case."""
