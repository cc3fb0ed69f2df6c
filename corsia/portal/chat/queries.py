"""What a visitor's page shows: the site, its hours, the conversation."""

from dataclasses import dataclass
from datetime import datetime

from corsia.kernel.errors import NotFound
from corsia.messaging.models import ChannelAccount
from corsia.messaging.rules.visits import CHANNEL
from corsia.organisation.queries import tree
from corsia.organisation.working_time import NeverOpen, is_open, next_opening
from corsia.portal.models import ChatSite


def open_site(key: str) -> ChatSite:
    """Return the site of a key whose chat is switched on.

    Raises:
        NotFound: there is none.
    """
    found: ChatSite | None = (
        ChatSite.unscoped.select_related("account", "unit").filter(key=key, account__is_active=True).first()
    )
    if found is None:
        raise NotFound(kind=ChatSite._meta.label)
    return found


@dataclass(frozen=True)
class Presence:
    """Whether somebody answers now, and from when; None where the hours never open again."""

    is_staffed: bool
    opens_at: datetime | None


def presence_of(account: ChannelAccount, *, now: datetime) -> Presence:
    """Return whether an account is staffed, by its own hours or else its unit's."""
    organisation = tree()
    calendar = organisation.calendars.get(account.calendar_id) if account.calendar_id else None
    hours = organisation.hours_by(calendar, account.unit_id) if calendar else organisation.hours(account.unit_id)
    if is_open(hours, now):
        return Presence(is_staffed=True, opens_at=None)
    try:
        return Presence(is_staffed=False, opens_at=next_opening(hours, now))
    except NeverOpen:
        return Presence(is_staffed=False, opens_at=None)


@dataclass(frozen=True)
class SiteRow:
    """A line of the list of web chats; `site` is None until somebody says where it may stand."""

    account: ChannelAccount
    site: ChatSite | None
    place: str


def site_rows() -> list[SiteRow]:
    """Return the web chats of the visible units, by unit and name."""
    organisation = tree()
    sites = {site.account_id: site for site in ChatSite.objects.all()}
    accounts = ChannelAccount.objects.filter(channel=CHANNEL).select_related("unit").order_by("unit__path", "name")
    return [SiteRow(row, sites.get(row.pk), organisation.label(row.unit_id)) for row in accounts]
