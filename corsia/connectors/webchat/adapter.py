"""The web chat as messaging sees it: nothing of it leaves the house, and no provider calls."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from corsia.customers.models import ContactPoint, Customer
from corsia.customers.vocabulary import ContactKind
from corsia.kernel.live import tell_outside
from corsia.messaging.models import ChannelAccount
from corsia.messaging.ports import Adapter, Ask, Call, ChannelKind, Happening, Parcel, Signal, Unreadable, said
from corsia.messaging.rules.incoming import IncomingMessage
from corsia.messaging.rules.visits import CHANNEL, Visit, visit_of
from corsia.messaging.vocabulary import Channel
from corsia.organisation.queries import group_of

_MB = 1024 * 1024


class WebChat(Adapter):
    """The chat on our own sites."""

    kind = ChannelKind(
        key=CHANNEL,
        label=_("Web chat"),
        icon="message-circle",
        asks=(
            Ask(
                field="external_id",
                label=_("Short name"),
                help=_("Small letters and digits, once in the whole house."),
            ),
        ),
        max_text=8000,
        max_file_bytes=10 * _MB,
        undo=timedelta(0),  # it is live: the visitor looks at the page
        per_minute=6000,
        how_to=_(
            "Save it and switch it on. Then open Forms, Web chat: say on which sites it may stand, and copy the one "
            "line that your web agency puts there."
        ),
        stays_in_house=True,
        shows_cards=True,
    )

    def verify(self, account: ChannelAccount, call: Call) -> bool:
        """No provider calls: visitors have a door of their own, with a key each."""
        return False

    def read(self, account: ChannelAccount, raw: bytes, *, at: datetime) -> Sequence[Happening]:
        try:
            visit = visit_of(raw)
        except (ValueError, KeyError, TypeError) as error:
            raise Unreadable(str(error)) from error
        return [_left(account, visit, at) if visit.is_left else _said(account, visit, at)]

    def deliver(self, account: ChannelAccount, parcel: Parcel) -> str:
        """Take it as delivered to the page's own list; `signal` tells open pages once it is written down."""
        return parcel.key

    def signal(self, account: ChannelAccount, *, to: str, what: Signal) -> None:
        tell_outside(to, what)


def _said(account: ChannelAccount, visit: Visit, at: datetime) -> IncomingMessage:
    customer = _signed_in(account, visit.customer)
    email = visit.customer if customer is None and "@" in visit.customer else visit.email
    return said(
        account,
        at=at,
        sender=visit.visitor,
        key=f"{visit.visitor[:16]}:{visit.key}",
        text=visit.text,
        from_name=visit.name,
        email=email,
        customer_id=customer.pk if customer else None,
        is_customer_proven=customer is not None,
        language=visit.language,
        attachments=visit.files,
    )


def _left(account: ChannelAccount, visit: Visit, at: datetime) -> IncomingMessage:
    """Return what was left while nobody was there: like a web form, answered by mail."""
    return IncomingMessage(
        channel=Channel.WEB_FORM,
        at=at,
        unit_id=account.unit_id,
        process_key=account.process_key,
        from_address=visit.email,
        from_name=visit.name,
        header_id=f"{CHANNEL}:{visit.visitor[:16]}:{visit.key}",
        text=visit.text,
        language=visit.language,
        attachments=visit.files,
    )


def _signed_in(account: ChannelAccount, reference: str) -> Customer | None:
    """Return the customer of our group whose number or address a site vouches for; None where it is not one person."""
    rows = Customer.unscoped.filter(unit_id=group_of(account.unit_id).pk)
    if "@" in reference:
        points = ContactPoint.unscoped.filter(kind=ContactKind.EMAIL, value=reference.casefold())
        found = list(rows.filter(pk__in=points.values("customer_id"), merged_into=None)[:2])
        return found[0] if len(found) == 1 else None
    if not (reference.isascii() and reference.isdecimal() and len(reference) < 16):
        return None
    one: Customer | None = rows.filter(pk=int(reference)).first()
    return one
