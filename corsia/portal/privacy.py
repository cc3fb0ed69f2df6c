"""The privacy classes of public forms: what customers write there becomes messages."""

from django.utils.translation import gettext_lazy as _

from corsia.kernel.privacy import Table, declare, plain

declare(
    Table(
        model="portal.WebForm",
        title=_("Web forms"),
        fields=plain(
            *("id", "unit", "slug", "title_it", "title_en", "intro_it", "intro_en", "process_keys"),
            *("brand_color", "privacy_url", "is_active"),
        ),
    ),
    Table(
        model="portal.ChatSite",
        title=_("Web chats"),
        fields=plain(
            *("id", "unit", "account", "key", "domains", "brand_color", "side", "title_it", "title_en", "intro_it"),
            *("intro_en", "privacy_url", "asks_name", "identity_secret"),
        ),
    ),
)
