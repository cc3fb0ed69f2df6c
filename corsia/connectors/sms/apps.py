"""The SMS connector as a Django app."""

from django.apps import AppConfig


class SmsConfig(AppConfig):
    name = "corsia.connectors.sms"
    label = "sms"

    def ready(self) -> None:
        """Make the channel part of the product."""
        from corsia.connectors.sms.adapter import Sms
        from corsia.messaging.ports import register

        register(Sms())
