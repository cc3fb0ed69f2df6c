"""Conversations: the inbox where agents read, answer, note and close."""
