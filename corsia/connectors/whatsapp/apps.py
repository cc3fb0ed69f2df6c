"""The WhatsApp connector as a Django app."""

from django.apps import AppConfig


class WhatsAppConfig(AppConfig):
    name = "corsia.connectors.whatsapp"
    label = "whatsapp"

    def ready(self) -> None:
        """Make the channel part of the product."""
        from corsia.connectors.whatsapp.adapter import WhatsApp
        from corsia.messaging.ports import register

        register(WhatsApp())
