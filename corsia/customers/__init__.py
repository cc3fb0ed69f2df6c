"""Customers: persons, companies and households, seen once however many channels and old records they have."""
