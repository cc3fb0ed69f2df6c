"""URLs of the dealer's own system."""

from django.urls import path

from corsia.connectors.dms.web import deliveries, sources

app_name = "dms"
urlpatterns = [
    path("", sources.index, name="index"),
    path("new/", sources.edit, name="new_source"),
    path("sources/<int:source_id>/", sources.show, name="source"),
    path("sources/<int:source_id>/edit/", sources.edit, name="edit_source"),
    path("sources/<int:source_id>/mapping/", sources.mapping, name="mapping"),
    path("sources/<int:source_id>/mapping/look/", sources.look, name="look"),
    path("sources/<int:source_id>/files/", deliveries.add, name="add_file"),
    path("deliveries/<int:delivery_id>/", deliveries.show, name="delivery"),
    path("deliveries/<int:delivery_id>/confirm/", deliveries.confirm, name="confirm"),
    path("deliveries/<int:delivery_id>/discard/", deliveries.discard, name="discard"),
    path("deliveries/<int:delivery_id>/again/", deliveries.again, name="again"),
    path("deliveries/<int:delivery_id>/differences/", deliveries.differences, name="differences"),
    path("deliveries/<int:delivery_id>/left-out/", deliveries.left_out, name="left_out"),
]
