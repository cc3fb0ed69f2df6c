"""Privacy as a Django app."""

from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "corsia.privacy"
    label = "privacy"
