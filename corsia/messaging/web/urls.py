"""URLs of messages."""

from django.urls import path

from corsia.messaging.web import channels, contact, files, hooks, journal, outbox, planned, texts

app_name = "messaging"
urlpatterns = [
    path("outbox/", outbox.index, name="outbox"),
    path("outbox/<int:outgoing_id>/", outbox.detail, name="outgoing"),
    path("outbox/<int:outgoing_id>/html/", outbox.html, name="outgoing_html"),
    path("outbox/<int:outgoing_id>/retry/", outbox.retry, name="retry_outgoing"),
    path("received/", journal.index, name="journal"),
    path("received/open/", journal.open_cases, name="open_cases"),
    path("received/<int:inbound_id>/", journal.detail, name="inbound"),
    path("received/<int:inbound_id>/retry/", journal.retry, name="retry_inbound"),
    path("received/<int:inbound_id>/original/", journal.original, name="original"),
    path("held-back/", contact.held_back, name="held_back"),
    path("contact/", contact.rules, name="contact_rules"),
    path("contact/units/<int:unit_id>/", contact.rules_of_unit, name="contact_rules_of_unit"),
    path("contact/units/<int:unit_id>/preview/", contact.preview, name="contact_preview"),
    path("contact/units/<int:unit_id>/remove/", contact.remove_rules, name="remove_contact_rules"),
    path("contact/customers/<int:customer_id>/", contact.customer_panel, name="contact_panel"),
    path("events/", planned.rules, name="event_rules"),
    path("events/new/", planned.edit_rule, name="add_event_rule"),
    path("events/ready/", planned.use_ready, name="use_ready_rules"),
    path("events/preview/", planned.preview_rule, name="preview_event_rule"),
    path("events/<int:rule_id>/", planned.edit_rule, name="event_rule"),
    path("planned/", planned.planned, name="planned"),
    path("planned/<int:planned_id>/cancel/", planned.cancel, name="cancel_planned"),
    path("texts/", texts.index, name="texts"),
    path("texts/new/", texts.edit, name="add_text"),
    path("texts/install/", texts.install, name="install_texts"),
    path("texts/preview/", texts.preview, name="preview_text"),
    path("texts/<int:template_id>/", texts.edit, name="text"),
    path("attachments/<int:attachment_id>/", files.attachment, name="attachment"),
    path("messages/<int:message_id>/html/", files.html, name="html"),
    path("channels/", channels.index, name="channels"),
    path("channels/new/<slug:channel>/", channels.edit, name="add_channel"),
    path("channels/<int:account_id>/", channels.edit, name="channel"),
    path("channels/<int:account_id>/switch/", channels.switch, name="switch_channel"),
    path("hooks/<slug:channel>/<slug:hook_key>/", hooks.hook, name="hook"),
    path("provider-files/<str:token>/", hooks.provider_file, name="provider_file"),
]
