"""URLs of the organisation."""

from django.urls import path

from corsia.organisation.web import views

app_name = "organisation"
urlpatterns = [
    path("", views.chart, name="chart"),
    path("me/", views.me, name="me"),
]
