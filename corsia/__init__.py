"""Corsia: customer care and after-sales for car dealer groups and manufacturers."""

__version__ = "0.1.0"
