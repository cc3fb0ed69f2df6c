"""The invented Gruppo Bellandi: a whole group at work, the same each time it is loaded on a day."""

from corsia.config.demo.group import LOGINS, PASSWORD, Login
from corsia.config.demo.live import live_tick
from corsia.config.demo.loading import RealPeopleHere, is_loaded, load_demo

__all__ = ["LOGINS", "PASSWORD", "Login", "RealPeopleHere", "is_loaded", "live_tick", "load_demo"]
