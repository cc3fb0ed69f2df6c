"""Vehicles as a Django app."""

from django.apps import AppConfig


class VehiclesConfig(AppConfig):
    name = "corsia.vehicles"
    label = "vehicles"
