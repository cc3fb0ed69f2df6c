"""Every URL of the product: one prefix per context, named after it."""

from django.urls import include, path

from corsia.ui.web import home

urlpatterns = [
    path("", home.index, name="home"),
    path("system/", include("corsia.config.web.urls")),
    path("ui/", include("corsia.ui.web.urls")),
    path("account/", include("corsia.organisation.web.sign_in_urls")),
    path("conversations/", include("corsia.conversations.web.urls")),
    path("messaging/", include("corsia.messaging.web.urls")),
    path("email/", include("corsia.connectors.email.web.urls")),
    path("telephony/", include("corsia.connectors.telephony.web.urls")),
    path("dms/", include("corsia.connectors.dms.web.urls")),
    path("whatsapp/", include("corsia.connectors.whatsapp.web.urls")),
    path("organisation/", include("corsia.organisation.web.urls")),
    path("cases/", include("corsia.cases.web.urls")),
    path("customers/", include("corsia.customers.web.urls")),
    path("vehicles/", include("corsia.vehicles.web.urls")),
    path("knowledge/", include("corsia.knowledge.web.urls")),
    path("listening/", include("corsia.listening.web.urls")),
    path("improvement/", include("corsia.improvement.web.urls")),
    path("workshop/", include("corsia.workshop.web.urls")),
    path("analytics/", include("corsia.analytics.web.urls")),
    path("privacy/", include("corsia.privacy.web.urls")),
    path("portal/", include("corsia.portal.web.urls")),
]
