"""The Telegram connector as a Django app."""

from django.apps import AppConfig


class TelegramConfig(AppConfig):
    name = "corsia.connectors.telegram"
    label = "telegram"

    def ready(self) -> None:
        """Make the channel part of the product."""
        from corsia.connectors.telegram.adapter import Telegram
        from corsia.messaging.ports import register

        register(Telegram())
