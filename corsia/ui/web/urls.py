"""URLs of the design system itself."""

from django.urls import path

from corsia.ui.web import components, language

app_name = "ui"
urlpatterns = [
    path("", components.index, name="components"),
    path("language/<slug:code>/", language.choose, name="language"),
]
