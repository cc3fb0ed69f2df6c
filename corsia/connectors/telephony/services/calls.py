"""Keep what the provider tells about calls. The row of a call is worked out anew from all of it, in any order."""

from datetime import datetime

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from corsia.cases.models import Case
from corsia.cases.queries import open_cases_of
from corsia.connectors.telephony.models import Call, CallEvent, Extension, RobotKey
from corsia.connectors.telephony.queries.cards import sms_key
from corsia.connectors.telephony.queries.lines import line_of
from corsia.connectors.telephony.rules.folding import SETTLES_AFTER, Told, fold
from corsia.connectors.telephony.vocabulary import CallState, KeyAction
from corsia.connectors.telephony.wire import Post, told_by
from corsia.customers.queries import family_ids
from corsia.customers.services import users_of_phone
from corsia.kernel.actors import system
from corsia.kernel.jobs import DUE, app
from corsia.kernel.live import tell
from corsia.messaging.models import ChannelAccount, Outgoing
from corsia.messaging.services import write_note
from corsia.messaging.services.texting import text_number
from corsia.organisation.queries import tree

SWITCHBOARD = system("switchboard")
SETTLE = "telephony.settle_later"  # the job that does what follows from the end of calls
_FOLDED = (
    *("state", "result", "began_at", "answered_at", "ended_at", "seconds", "answered_number"),
    *("recording_url", "recording_seconds", "menu"),
)


@transaction.atomic
def note_post(account: ChannelAccount, post: Post, *, at: datetime) -> Call | None:
    """Keep what a request of the provider tells, once, and bring its call up to date; None when it tells nothing.

    Args:
        at: when the request arrived.
    """
    told = told_by(post, at=at)
    if not told:
        return None
    call, is_new = _locked_call(account, post, at=at)
    fresh = CallEvent.objects.bulk_create(
        [
            CallEvent(
                call=call,
                key=one.key,
                kind=one.kind,
                value=one.value,
                seconds=one.seconds,
                at=one.at,
                is_stated=one.is_stated,
            )
            for one in told
        ],
        ignore_conflicts=True,
    )
    _name_ends(call, post)
    before = call.state
    refold(call)
    if post.step == "menu":
        _text_link(call, post, now=at)
    if call.state == CallState.ENDED and call.settled_at is None:
        app.configure_task(SETTLE, queue=DUE, schedule_at=at + SETTLES_AFTER).defer()
    if is_new or call.state != before or fresh:
        tell("telephony.call", unit_id=call.unit_id, call=call.pk)
    return call


def refold(call: Call) -> None:
    """Work out the row of a call from its events, and save it."""
    events = CallEvent.objects.filter(call=call)
    known = fold(
        Told(key=one.key, kind=one.kind, at=one.at, is_stated=one.is_stated, value=one.value, seconds=one.seconds)
        for one in events
    )
    if call.settled_at is None or known.ended_at is not None:  # one given up for lost stays so until its end is told
        for name in _FOLDED:
            setattr(call, name, getattr(known, name))
    if call.person_id is None and known.answered_number:
        call.person_id = (
            Extension.objects.filter(line__account_id=call.account_id, number=known.answered_number)
            .values_list("person_id", flat=True)
            .first()
        )
    call.save()


def group_case_of(call: Call) -> Case | None:
    """Return the open case of the caller that a call most likely is about: of the unit itself, else the latest."""
    if call.customer_id is None:
        return None
    organisation = tree()
    group = organisation.group(call.unit_id).pk
    found = [
        case for case in open_cases_of(family_ids(call.customer_id)) if organisation.group(case.unit_id).pk == group
    ]
    return next((case for case in found if case.unit_id == call.unit_id), found[0] if found else None)


def _locked_call(account: ChannelAccount, post: Post, *, at: datetime) -> tuple[Call, bool]:
    defaults = {"unit_id": account.unit_id, "began_at": at}
    Call.objects.bulk_create(
        [Call(account=account, provider_id=post.sid, **defaults)], ignore_conflicts=True
    )  # two events of a new call at once make one row
    call: Call = Call.objects.select_for_update().get(account=account, provider_id=post.sid)
    return call, not call.from_number and not CallEvent.objects.filter(call=call).exists()


def _name_ends(call: Call, post: Post) -> None:
    """Say who calls whom. A phone of ours that rings tells its own number, not ours."""
    if post.step == "leg":
        return
    call.to_number = post.values.get("To", "")[:40]
    if call.from_number != post.caller:
        call.from_number = post.caller
    if call.customer_id is None and post.caller:
        users = users_of_phone(group_id=tree().group(call.unit_id).pk, phone=post.caller)
        if len(users) == 1:  # of several, somebody who hears the caller chooses
            call.customer_id = users[0].pk


def _text_link(call: Call, post: Post, *, now: datetime) -> None:
    """Send the link behind the key that was pressed, once a call."""
    line = line_of(call.account)
    if line.pk is None or not post.digit.isdecimal():
        return
    key = RobotKey.objects.filter(line=line, digit=int(post.digit), action=KeyAction.LINK).first()
    if key is None or not post.caller or not key.link:
        return
    language = post.language or "it"
    words = (key.text_en if language == "en" else key.text_it).strip()
    text, key_name = f"{words} {key.link}".strip(), sms_key(call, key.digit)
    if Outgoing.objects.filter(idempotency_key=key_name).exists():
        return
    sent = text_number(
        unit_id=call.unit_id,
        phone=post.caller,
        text=text,
        idempotency_key=key_name,
        customer_id=call.customer_id,
        by=SWITCHBOARD,
        now=now,
    )
    case = group_case_of(call)
    if sent is not None and case is not None:
        with translation.override(tree().unit(case.unit_id).language):
            note = _("The phone robot sent a link by SMS, as the caller asked: %(text)s") % {"text": text}
        write_note(case_id=case.pk, text=note, by=SWITCHBOARD, now=now)
