"""Customers as a Django app."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "corsia.customers"
    label = "customers"
