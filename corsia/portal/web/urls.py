"""URLs of what customers see, and of the page that makes their forms."""

from django.urls import path

from corsia.portal.web import (
    brand,
    chat,
    chat_page,
    chat_sites,
    contact,
    help_site,
    manage,
    sessions,
    survey,
    survey_preview,
)

app_name = "portal"
urlpatterns = [
    path("s/<str:token>/", survey.survey, name="survey_short"),
    path("survey/<str:token>/", survey.survey, name="survey"),
    path("listen/<str:token>/", survey.listen, name="listen"),
    path("listen/on/<str:token>/", survey.listen_on, name="listen_on"),
    path("colleague/<str:token>/", survey.colleague, name="colleague"),
    path("unsubscribe/<str:token>/", survey.unsubscribe, name="unsubscribe"),
    path("session/<str:token>/", sessions.invitation, name="session"),
    path("community/<str:token>/", sessions.community, name="community"),
    path("community/<str:token>/<int:block_id>/", sessions.prompt, name="prompt"),
    path("brand/<str:color>.css", brand.brand, name="brand"),
    path("form/<slug:slug>/", contact.web_form, name="form"),
    path("form/<slug:slug>/thanks/<str:token>/", contact.thanks, name="thanks"),
    path("help/<slug:slug>/", help_site.home, name="help"),
    path("help/<slug:slug>/search/", help_site.search, name="help_search"),
    path("help/<slug:slug>/a/<slug:key>/", help_site.article, name="help_article"),
    path("help/<slug:slug>/a/<slug:key>/useful/", help_site.useful, name="help_useful"),
    path("help/<slug:slug>/files/<int:file_id>/", help_site.file, name="help_file"),
    path("chat/<slug:key>.js", chat_page.script, name="chat_script"),
    path("chat/<slug:key>/", chat_page.frame, name="chat"),
    path("chat/<slug:key>/hello/", chat.hello, name="chat_hello"),
    path("chat/<slug:key>/messages/", chat.messages, name="chat_messages"),
    path("chat/<slug:key>/write/", chat.write, name="chat_write"),
    path("chat/<slug:key>/typing/", chat.typing, name="chat_typing"),
    path("chat/<slug:key>/read/", chat.read, name="chat_read"),
    path("chat/<slug:key>/end/", chat.end, name="chat_end"),
    path("chat/<slug:key>/transcript/", chat.transcript, name="chat_transcript"),
    path("chat/<slug:key>/stream/", chat.stream, name="chat_stream"),
    path("survey-preview/<int:version_id>/", survey_preview.survey_preview, name="survey_preview"),
    path("chats/", chat_sites.index, name="chat_sites"),
    path("chats/<int:account_id>/", chat_sites.edit, name="chat_site"),
    path("chats/<int:account_id>/secret/", chat_sites.secret, name="chat_secret"),
    path("forms/", manage.forms, name="forms"),
    path("forms/new/", manage.edit, name="new_form"),
    path("forms/<int:form_id>/", manage.edit, name="edit_form"),
]
