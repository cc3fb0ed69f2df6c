"""The composition root as a Django app: it carries the commands and the product's translations."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "corsia.config"
    label = "config"
