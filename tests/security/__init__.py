"""Sweeps over every address of the product: who gets in, what changes, what junk does, what leaks."""
