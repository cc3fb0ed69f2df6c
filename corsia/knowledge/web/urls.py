"""URLs of knowledge."""

from django.urls import path

from corsia.knowledge.web import editing, numbers, publishing, reading, settings, versions

app_name = "knowledge"
urlpatterns = [
    path("", reading.index, name="index"),
    path("palette/", reading.palette, name="palette"),
    path("new/", editing.new, name="new"),
    path("preview/", editing.preview, name="preview"),
    path("starter/", publishing.install, name="install"),
    path("numbers/", numbers.numbers, name="numbers"),
    path("missed/<int:missed_id>/dismiss/", numbers.dismiss, name="dismiss"),
    path("shelves/", settings.shelves, name="shelves"),
    path("shelves/new/", settings.shelf, name="new_shelf"),
    path("shelves/<int:category_id>/", settings.shelf, name="shelf"),
    path("shelves/<int:category_id>/remove/", settings.remove_shelf, name="remove_shelf"),
    path("synonyms/", settings.synonyms, name="synonyms"),
    path("synonyms/<int:group_id>/remove/", settings.remove_synonyms, name="remove_synonyms"),
    path("sites/", settings.sites, name="sites"),
    path("sites/<int:unit_id>/", settings.site, name="site"),
    path("files/<int:file_id>/", reading.file, name="file"),
    path("files/<int:file_id>/remove/", editing.remove_file, name="remove_file"),
    path("key/<slug:key>/", reading.by_key, name="by_key"),
    path("<int:article_id>/", reading.article, name="article"),
    path("<int:article_id>/edit/", editing.edit, name="edit"),
    path("<int:article_id>/files/", editing.add_file, name="add_file"),
    path("<int:article_id>/copy/", editing.copy, name="copy"),
    path("<int:article_id>/submit/", publishing.submit, name="submit"),
    path("<int:article_id>/withdraw/", publishing.withdraw, name="withdraw"),
    path("<int:article_id>/approve/", publishing.approve, name="approve"),
    path("<int:article_id>/send-back/", publishing.send_back, name="send_back"),
    path("<int:article_id>/discard/", publishing.discard, name="discard"),
    path("<int:article_id>/retire/", publishing.retire, name="retire"),
    path("<int:article_id>/bring-back/", publishing.bring_back, name="bring_back"),
    path("<int:article_id>/reviewed/", publishing.reviewed, name="reviewed"),
    path("<int:article_id>/versions/<int:number>/", versions.compared, name="compared"),
    path("<int:article_id>/versions/<int:number>/restore/", publishing.restore, name="restore"),
]
