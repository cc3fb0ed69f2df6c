"""The organisation as a Django app."""

from django.apps import AppConfig


class OrganisationConfig(AppConfig):
    name = "corsia.organisation"
    label = "organisation"
