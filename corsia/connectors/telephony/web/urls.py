"""URLs of the phone."""

from django.urls import path

from corsia.connectors.telephony.web import calls, cards, lines, sounds

app_name = "telephony"
urlpatterns = [
    path("", calls.index, name="calls"),
    path("desk/", cards.desk, name="desk"),
    path("calls/<int:call_id>/", calls.show, name="call"),
    path("calls/<int:call_id>/card/", cards.card, name="card"),
    path("calls/<int:call_id>/take/", cards.take, name="take"),
    path("calls/<int:call_id>/who/", cards.say_who, name="say_who"),
    path("calls/<int:call_id>/interview/", cards.interview, name="interview"),
    path("sounds/<int:words_id>/<str:token>/", sounds.sound, name="sound"),
    path("calls/<int:call_id>/note/", cards.note, name="note"),
    path("customers/<int:customer_id>/", calls.customer_panel, name="customer_panel"),
    path("cases/<int:case_id>/", calls.case_panel, name="case_panel"),
    path("lines/<int:account_id>/", lines.panel, name="line"),
    path("lines/<int:account_id>/save/", lines.save, name="save_line"),
    path("lines/<int:account_id>/phones/", lines.add_phone, name="add_phone"),
    path("phones/<int:extension_id>/remove/", lines.remove_phone, name="remove_phone"),
    path("lines/<int:account_id>/keys/", lines.save_key, name="save_key"),
    path("keys/<int:key_id>/remove/", lines.remove_key, name="remove_key"),
]
