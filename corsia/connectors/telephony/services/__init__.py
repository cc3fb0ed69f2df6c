"""Writes of the phone."""
