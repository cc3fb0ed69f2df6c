"""The dealer's own system as a Django app."""

from django.apps import AppConfig


class DmsConfig(AppConfig):
    name = "corsia.connectors.dms"
    label = "dms"
