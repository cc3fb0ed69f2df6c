"""The phone as messaging sees it: calls of Twilio, or of whoever speaks as Twilio does. Nothing is written by it."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from corsia.connectors.telephony.interviewer import answer as answer_interview
from corsia.connectors.telephony.robot import answer
from corsia.connectors.telephony.services.calls import note_post
from corsia.connectors.telephony.services.ends import take_back
from corsia.connectors.telephony.vocabulary import KEY, CallState
from corsia.connectors.telephony.wire import key_of, pack, read_post, unpack
from corsia.kernel import scope
from corsia.kernel.signatures import is_form_signed, same
from corsia.listening.services.interviewing import note_call_ended
from corsia.messaging.models import ChannelAccount
from corsia.messaging.ports import (
    Adapter,
    Ask,
    Call,
    ChannelKind,
    Happening,
    HookAnswer,
    HookEvent,
    NotDelivered,
    Parcel,
    Unreadable,
)
from corsia.messaging.rules.happenings import OfTheAccount
from corsia.messaging.vocabulary import SendProblem

_EMPTY_ANSWER = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'


class Voice(Adapter):
    """Signed forms in; what the caller hears next is the answer."""

    kind = ChannelKind(
        key=KEY,
        label=_("Phone line"),
        icon="phone-call",
        answers_live=True,
        asks=(
            Ask(
                field="external_id",
                label=_("Number"),
                help=_("Of the provider, with its country code: +39…"),
            ),
            Ask(
                field="token",
                label=_("Account SID"),
                help=_("On the first page of the provider's console; it begins with AC."),
                is_secret=True,
            ),
            Ask(
                field="signing_secret",
                label=_("Auth token"),
                help=_(
                    "Beside the Account SID. It proves what comes in and lets us fetch messages that callers leave."
                ),
                is_secret=True,
            ),
        ),
        takes_files=False,
        how_to=_(
            "In the provider's console, open the number and enter the address of the webhook twice: where a call comes"
            " in, and where the status of a call changes. Without the second, missed calls are noticed hours later."
        ),
    )

    def verify(self, account: ChannelAccount, call: Call) -> bool:
        """Tell whether the provider signed this form for this address, and means this account."""
        if not is_form_signed(account.signing_secret, call.url, call.raw, call.headers.get("x-twilio-signature", "")):
            return False
        try:
            named = read_post(call.query, call.raw).account_sid
        except Unreadable:
            return True  # it is theirs: kept, and looked at
        return not account.token or not named or same(account.token, named)

    def split(self, account: ChannelAccount, call: Call) -> Sequence[HookEvent]:
        """Return the one event of a request, with what our own address said of it; none of an interview.

        What is pressed there is taken at once, by whoever answers, and before somebody agreed it is kept nowhere.
        """
        kept = pack(call.query, call.raw)
        try:
            post = read_post(call.query, call.raw)
        except Unreadable:
            return [HookEvent(key="", raw=kept)]
        if post.is_interview:
            return []
        return [HookEvent(key=f"{account.pk}:{key_of(post)}", raw=kept)]

    def answer(self, account: ChannelAccount, call: Call) -> HookAnswer:
        """Answer with what the caller hears next."""
        try:
            post = read_post(call.query, call.raw)
        except Unreadable:
            return HookAnswer(body=_EMPTY_ANSWER, media_type="text/xml")
        with scope.system("telephony.answer"):
            spoken = answer_interview if post.is_interview else answer
            return HookAnswer(body=spoken(account, post, now=call.at), media_type="text/xml")

    def read(self, account: ChannelAccount, raw: bytes, *, at: datetime) -> Sequence[Happening]:
        """Return what a request tells of its call, for `of_account` to keep."""
        unpack(raw)
        return [OfTheAccount(kind="call", at=at, details={"kept": raw.decode("ascii", "replace")})]

    def of_account(self, account: ChannelAccount, told: OfTheAccount) -> None:
        """Bring the call up to date."""
        call = note_post(account, unpack(told.details["kept"].encode()), at=told.at)
        if call is not None and call.state == CallState.ENDED:
            note_call_ended(account_id=account.pk, provider_id=call.provider_id, now=told.at)
        if call is not None and call.callback_id is not None:
            take_back(call_id=call.pk, now=told.at)

    def deliver(self, account: ChannelAccount, parcel: Parcel) -> str:
        """Refuse: nobody can be written to by voice."""
        raise NotDelivered(SendProblem.NOT_TAKEN, "a phone line takes no text", is_final=True)
