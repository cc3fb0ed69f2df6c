"""Knowledge as a Django app."""

from django.apps import AppConfig


class KnowledgeConfig(AppConfig):
    name = "corsia.knowledge"
    label = "knowledge"
