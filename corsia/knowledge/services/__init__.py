"""What can be done with knowledge: one verb per use case."""
