"""Improvement as a Django app."""

from django.apps import AppConfig


class ImprovementConfig(AppConfig):
    name = "corsia.improvement"
    label = "improvement"
