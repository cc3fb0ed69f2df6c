"""The connector of Messenger and Instagram as a Django app."""

from django.apps import AppConfig


class MetaConfig(AppConfig):
    name = "corsia.connectors.meta"
    label = "meta"

    def ready(self) -> None:
        """Make both channels part of the product."""
        from corsia.connectors.meta.adapter import Instagram, Messenger
        from corsia.messaging.ports import register

        register(Messenger())
        register(Instagram())
