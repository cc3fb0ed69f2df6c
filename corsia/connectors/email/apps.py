"""The e-mail connector as a Django app."""

from django.apps import AppConfig


class EmailConfig(AppConfig):
    name = "corsia.connectors.email"
    label = "email"
