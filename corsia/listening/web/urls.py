"""URLs of surveys."""

from django.urls import path

from corsia.listening.web import views

app_name = "listening"
urlpatterns = [
    path("", views.results, name="results"),
    path("invitations/", views.invitations, name="invitations"),
    path("invitations/<int:invitation_id>/cancel/", views.cancel, name="cancel"),
    path("settings/", views.settings_list, name="settings"),
    path("settings/<int:unit_id>/", views.settings_of_unit, name="settings_of_unit"),
    path("settings/<int:unit_id>/remove/", views.remove_settings, name="remove_settings"),
    path("customer/<int:customer_id>/", views.customer_panel, name="customer_panel"),
]
