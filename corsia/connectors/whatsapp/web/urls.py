"""URLs of the WhatsApp connector."""

from django.urls import path

from corsia.connectors.whatsapp.web import texts

app_name = "whatsapp"
urlpatterns = [
    path("channels/<int:account_id>/", texts.panel, name="panel"),
    path("channels/<int:account_id>/business/", texts.business, name="business"),
    path("channels/<int:account_id>/fetch/", texts.fetch, name="fetch"),
]
