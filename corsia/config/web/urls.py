"""URLs of the administrator's pages."""

from django.urls import path

from corsia.config.web import system, work

app_name = "system"
urlpatterns = [
    path("", system.health, name="health"),
    path("alive/", system.alive, name="alive"),
    path("jobs/", work.index, name="work"),
    path("jobs/failed/", work.jobs, name="jobs"),
    path("jobs/letters/<slug:kind>/", work.letters, name="letters"),
    path("failures/", system.failures, name="failures"),
    path("failures/<int:failure_id>/replay/", system.replay, name="replay"),
    path("audit/", system.audit_trail, name="audit"),
]
