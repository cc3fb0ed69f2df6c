"""Portal as a Django app."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "corsia.portal"
    label = "portal"
