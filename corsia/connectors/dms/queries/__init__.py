"""Reads of sources and deliveries."""
