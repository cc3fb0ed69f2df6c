"""URLs of the design system itself."""

from django.urls import path

from corsia.ui.web import language

app_name = "ui"
urlpatterns = [
    path("language/<slug:code>/", language.choose, name="language"),
]
