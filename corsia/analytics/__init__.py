"""Analytics: the warehouse of all contexts' rows, and the figures that are read from it."""
