"""Reads of the phone."""
