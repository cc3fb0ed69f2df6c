"""URLs of what customers see, and of the page that makes their forms."""

from django.urls import path

from corsia.portal.web import brand, chat, chat_page, chat_sites, contact, help_site, manage, survey

app_name = "portal"
urlpatterns = [
    path("survey/<str:token>/", survey.survey, name="survey"),
    path("unsubscribe/<str:token>/", survey.unsubscribe, name="unsubscribe"),
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
    path("chats/", chat_sites.index, name="chat_sites"),
    path("chats/<int:account_id>/", chat_sites.edit, name="chat_site"),
    path("chats/<int:account_id>/secret/", chat_sites.secret, name="chat_secret"),
    path("forms/", manage.forms, name="forms"),
    path("forms/new/", manage.edit, name="new_form"),
    path("forms/<int:form_id>/", manage.edit, name="edit_form"),
]
