"""Listening as a Django app."""

from django.apps import AppConfig


class ListeningConfig(AppConfig):
    name = "corsia.listening"
    label = "listening"
