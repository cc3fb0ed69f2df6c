"""SMS as messaging sees it: by Twilio, or by whoever speaks as Twilio does."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import datetime
from urllib.parse import quote, urlencode, urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from corsia.connectors.sms.refusals import meaning_of, refused
from corsia.connectors.sms.segments import segments_of
from corsia.connectors.sms.wire import Told, read_form
from corsia.customers.identity import read_phone
from corsia.kernel.signatures import is_form_signed, same
from corsia.kernel.web_api import call_api, download
from corsia.messaging.models import ChannelAccount
from corsia.messaging.ports import (
    Adapter,
    Ask,
    Call,
    ChannelKind,
    Happening,
    HookAnswer,
    HookEvent,
    Parcel,
    Unreadable,
    said,
)
from corsia.messaging.queries.accounts import account_named
from corsia.messaging.rules.happenings import Objected, Receipt
from corsia.messaging.rules.incoming import NewFile, RemoteFile
from corsia.messaging.rules.stop_words import Wish, wish_of
from corsia.messaging.vocabulary import ReceiptState
from corsia.organisation.queries import tree

KEY = "sms"
MAX_FILE_BYTES = 5 * 1024 * 1024
_STATES = {
    "sent": ReceiptState.SENT,
    "delivered": ReceiptState.DELIVERED,
    "read": ReceiptState.READ,
    "failed": ReceiptState.FAILED,
    "undelivered": ReceiptState.FAILED,
}
_EMPTY_ANSWER = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'


class Sms(Adapter):
    """Signed forms in, forms with a password out."""

    kind = ChannelKind(
        key=KEY,
        label=_("SMS"),
        icon="device-mobile-message",
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
                help=_("Beside the Account SID. It proves what comes in and lets us send."),
                is_secret=True,
            ),
            Ask(
                field="hello_secret",
                label=_("Messaging service SID"),
                help=_("Only where you send through one; it begins with MG."),
                is_secret=True,
                is_required=False,
            ),
        ),
        max_text=1600,
        takes_files=False,  # outside North America carriers deliver none
        per_minute=60,
        texts_numbers=True,
        how_to=_(
            "In the provider's console, open the number and enter the address of the webhook where a message comes in."
            " Reports on messages of ours come to the same address by themselves."
        ),
    )

    def verify(self, account: ChannelAccount, call: Call) -> bool:
        """Tell whether the provider signed this form for this address, and means this account."""
        if not is_form_signed(account.signing_secret, call.url, call.raw, call.headers.get("x-twilio-signature", "")):
            return False
        try:
            named = read_form(call.raw).account_sid
        except Unreadable:
            return True  # it is theirs: kept, and looked at
        return not account.token or not named or same(account.token, named)

    def split(self, account: ChannelAccount, call: Call) -> Sequence[HookEvent]:
        """Return the one event of a call, known by the message and how far it has come."""
        try:
            told = read_form(call.raw)
        except Unreadable:
            return [HookEvent(key="", raw=call.raw)]
        return [HookEvent(key=f"{told.sid}:{told.status}", raw=call.raw)]

    def answer(self, account: ChannelAccount, call: Call) -> HookAnswer:
        """Answer in TwiML that there is nothing to say at once."""
        return HookAnswer(body=_EMPTY_ANSWER, media_type="text/xml")

    def account_meant(self, account: ChannelAccount, raw: bytes) -> ChannelAccount | None:
        """Return the account of the number written to: a messaging service has one webhook for several."""
        try:
            told = read_form(raw)
        except Unreadable:
            return account
        number = told.sender if told.status else told.to
        found = account_named(KEY, number) if number != account.external_id else account
        if found is None or not same(found.signing_secret or "", account.signing_secret or ""):
            return account  # the address of the webhook says whom it is for
        return found

    def read(self, account: ChannelAccount, raw: bytes, *, at: datetime) -> Sequence[Happening]:
        """Return what a form says."""
        told = read_form(raw)
        if told.status:
            return list(_receipts(told, at))
        with translation.override(tree().unit(account.unit_id).language):
            return list(_message(account, told, at))

    def fetch(self, account: ChannelAccount, file: RemoteFile) -> NewFile:
        """Fetch a picture; our password goes to the provider alone."""
        ours = urlsplit(settings.SMS_API).netloc == urlsplit(file.reference).netloc
        content = download(
            file.reference, authorization=_password(account) if ours else "", max_bytes=MAX_FILE_BYTES, seconds=30
        )
        return NewFile(name=file.name, content=content)

    def deliver(self, account: ChannelAccount, parcel: Parcel) -> str:
        """Hand a text to the provider."""
        hook = settings.PUBLIC_URL + reverse("messaging:hook", args=[KEY, account.hook_key])
        form = {"To": parcel.to, "Body": parcel.text, "StatusCallback": hook}
        if account.hello_secret:
            form["MessagingServiceSid"] = account.hello_secret
        else:
            form["From"] = account.external_id
        sid = quote(account.token or "", safe="")
        answer = call_api(
            f"{settings.SMS_API}/2010-04-01/Accounts/{sid}/Messages.json",
            method="POST",
            authorization=_password(account),
            raw=urlencode(form).encode(),
            media_type="application/x-www-form-urlencoded",
        )
        if not answer.is_ok or not answer.body.get("sid"):
            raise refused(answer.status, answer.body)
        return str(answer.body["sid"])

    def parts(self, text: str) -> int:
        """Return as how many messages carriers bill a text."""
        return segments_of(text).parts


def _message(account: ChannelAccount, told: Told, at: datetime) -> Iterator[Happening]:
    phone = read_phone(told.sender).e164 if told.sender.startswith("+") else ""
    wish = Wish(told.opt_out.lower()) if told.opt_out in ("STOP", "START") else wish_of(told.body)
    files = [
        RemoteFile(name=f"{gettext('Picture')} {number}", reference=media.url, media_type=media.media_type)
        for number, media in enumerate(told.media, start=1)
    ]
    yield said(
        account,
        at=at,
        sender=told.sender,
        key=told.sid,
        text=told.body,
        subject=gettext("Picture by SMS") if files and not told.body.strip() else "",
        phone=phone,
        is_phone_proven=bool(phone),
        remote_files=tuple(files),
        is_automatic=wish is not None or told.opt_out == "HELP",
        may_be_answered=bool(phone),  # names of senders, such as a bank's, cannot be answered
    )
    if wish is not None:
        yield Objected(external_id=told.sender, purpose="", is_given=wish is Wish.START, at=at, phone=phone)


def _receipts(told: Told, at: datetime) -> Iterator[Receipt]:
    state = _STATES.get(told.status)
    if state is None:
        return  # queued, accepted, sending: ours knows that
    problem, detail = "", ""
    if state == ReceiptState.FAILED:
        problem = meaning_of(int(told.error) if told.error.isdecimal() else -1)[0]
        detail = told.error or told.status
    yield Receipt(provider_id=told.sid, state=state, at=at, problem=problem, detail=detail)


def _password(account: ChannelAccount) -> str:
    return "Basic " + b64encode(f"{account.token}:{account.signing_secret}".encode()).decode("ascii")
