"""URLs of what customers see, and of the page that makes their forms."""

from django.urls import path

from corsia.portal.web import brand, contact, help_site, manage, survey

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
    path("forms/", manage.forms, name="forms"),
    path("forms/new/", manage.edit, name="new_form"),
    path("forms/<int:form_id>/", manage.edit, name="edit_form"),
]
