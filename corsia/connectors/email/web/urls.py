"""URLs of the e-mail connector."""

from django.urls import path

from corsia.connectors.email.web import mailboxes

app_name = "email"
urlpatterns = [
    path("nav/", mailboxes.nav, name="nav"),
    path("mailboxes/", mailboxes.index, name="mailboxes"),
    path("mailboxes/new/", mailboxes.edit, name="add_mailbox"),
    path("mailboxes/<int:mailbox_id>/", mailboxes.edit, name="mailbox"),
    path("mailboxes/<int:mailbox_id>/check/", mailboxes.check, name="check_mailbox"),
]
