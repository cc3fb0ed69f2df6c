"""URLs of the inbox."""

from django.urls import path

from corsia.conversations.web import actions, compose, entry, inbox, macros, stream, thread

app_name = "conversations"
urlpatterns = [
    path("", inbox.index, name="inbox"),
    path("rows/", inbox.rows, name="rows"),
    path("rows/<int:case_id>/", inbox.row, name="row"),
    path("counts/", inbox.counts, name="counts"),
    path("unread/", inbox.unread, name="unread"),
    path("stream/", stream.stream, name="stream"),
    path("new/", entry.new, name="new"),
    path("new/processes/", inbox.processes, name="processes"),
    path("new/customers/", entry.find_customer, name="find_customer"),
    path("new/customers/<int:customer_id>/", entry.chosen_customer, name="chosen_customer"),
    path("macros/", macros.index, name="macros"),
    path("macros/new/", macros.edit, name="macro_new"),
    path("macros/<int:macro_id>/", macros.edit, name="macro_edit"),
    path("macros/<int:macro_id>/delete/", macros.delete, name="macro_delete"),
    path("<int:case_id>/", thread.conversation, name="conversation"),
    path("<int:case_id>/panel/", thread.case_panel, name="case_panel"),
    path("<int:case_id>/head/", thread.head, name="head"),
    path("<int:case_id>/aside/", thread.aside, name="aside"),
    path("<int:case_id>/before/<int:message_id>/", thread.before, name="before"),
    path("<int:case_id>/after/<int:message_id>/", thread.after, name="after"),
    path("<int:case_id>/here/", thread.here, name="here"),
    path("<int:case_id>/gone/", thread.gone, name="gone"),
    path("<int:case_id>/viewers/", thread.viewers, name="viewers"),
    path("<int:case_id>/write/", compose.write, name="write"),
    path("<int:case_id>/draft/", compose.draft, name="draft"),
    path("<int:case_id>/texts/", compose.texts, name="texts"),
    path("<int:case_id>/colleagues/", compose.colleagues, name="colleagues"),
    path("<int:case_id>/macros/<int:macro_id>/", compose.macro, name="macro"),
    path("<int:case_id>/messages/<int:message_id>/undo/", compose.undo, name="undo"),
    path("<int:case_id>/messages/<int:message_id>/retry/", compose.retry, name="retry"),
    path("<int:case_id>/messages/<int:message_id>/original/", thread.original, name="original"),
    path("<int:case_id>/take/", actions.take, name="take"),
    path("<int:case_id>/assign/", actions.assign, name="assign"),
    path("<int:case_id>/snooze/", actions.snooze, name="snooze"),
    path("<int:case_id>/wake/", actions.wake, name="wake"),
    path("<int:case_id>/close/", actions.close, name="close"),
    path("<int:case_id>/reopen/", actions.reopen, name="reopen"),
    path("<int:case_id>/phase/", actions.phase, name="phase"),
    path("<int:case_id>/holder/", actions.holder, name="holder"),
    path("<int:case_id>/priority/", actions.priority, name="priority"),
]
