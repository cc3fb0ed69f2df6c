"""What can be done with the warehouse."""

from corsia.analytics.services.refreshing import Refreshed, refresh

__all__ = ["Refreshed", "refresh"]
