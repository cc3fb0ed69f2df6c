"""The phone connector as a Django app."""

from django.apps import AppConfig


class TelephonyConfig(AppConfig):
    name = "corsia.connectors.telephony"
    label = "telephony"

    def ready(self) -> None:
        """Make the channel part of the product."""
        from corsia.connectors.telephony.adapter import Voice
        from corsia.messaging.ports import register

        register(Voice())
