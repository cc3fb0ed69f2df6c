"""Listening: surveys to customers and what they answered. So far the two questions at the closing of a case."""
