"""The privacy classes of what WhatsApp keeps: nothing about people."""

from django.utils.translation import gettext_lazy as _

from corsia.kernel.privacy import Table, declare, plain

declare(
    Table(
        model="whatsapp.Business",
        title=_("WhatsApp accounts"),
        fields=plain("id", "account", "waba_id", "fetched_at", "problem", "news", "news_detail", "news_at"),
    ),
    Table(
        model="whatsapp.ApprovedText",
        title=_("Texts approved by WhatsApp"),
        fields=plain(
            *("id", "account", "name", "language", "template_id", "status", "category", "quality", "header", "body"),
            *("footer", "buttons", "needs_more", "reason", "changed_at"),
        ),
    ),
)
