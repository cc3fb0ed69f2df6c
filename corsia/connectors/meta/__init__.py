"""Messenger and Instagram, by the Graph API of Meta."""
