"""Adapters to the outside world: they translate, they decide nothing."""
