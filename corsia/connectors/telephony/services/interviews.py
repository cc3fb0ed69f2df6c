"""Calls for interviews: placed through the provider, and callers transferred to one. The provider alone is asked."""

from base64 import b64encode
from datetime import datetime
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.connectors.telephony.models import Call
from corsia.connectors.telephony.permissions import ANSWER_CALLS
from corsia.connectors.telephony.vocabulary import KEY, CallDirection, CallState
from corsia.connectors.telephony.wire import ENDED_STEP, INTERVIEW_STEP, step_url
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.errors import Refused
from corsia.kernel.jobs import DUE, app
from corsia.kernel.live import tell
from corsia.kernel.safe_fetch import FetchFailed
from corsia.kernel.web_api import ApiAnswer, call_api
from corsia.listening.models import Interview
from corsia.listening.ports import NotPlaced, Placed
from corsia.listening.services.interview_transfers import begin_transfer, give_up_transfer
from corsia.messaging.models import ChannelAccount
from corsia.organisation.queries import tree

TRANSFER = "telephony.transfer"  # the job that has a caller transferred
SECONDS = 10.0  # for the provider to take a call


class NobodyOnTheLine(Refused):
    code = "telephony.nobody_on_the_line"
    message = _("This call is over. Only a caller who is on the phone can be transferred.")


class Telephone:
    """Listening's way to the telephone."""

    def line_for(self, unit_id: int) -> int | None:
        """Return the line of a unit, or of the nearest above it."""
        chain = [unit.pk for unit in tree().chain(unit_id)]
        rows = ChannelAccount.unscoped.filter(channel=KEY, is_active=True, unit_id__in=chain)
        found = min(rows, key=lambda row: (chain.index(row.unit_id), row.pk), default=None)
        return found.pk if found is not None else None

    def place(self, *, account_id: int, interview_id: int, phone: str, ring_seconds: int) -> Placed:
        """Have the provider call a number; an answering machine is told apart. In a sandbox nobody is called."""
        account = ChannelAccount.unscoped.get(pk=account_id)
        if settings.SANDBOX:
            return Placed(provider_id=f"sandbox:{interview_id}")
        form = {
            "To": phone,
            "From": account.external_id,
            "Url": step_url(account, INTERVIEW_STEP, interview=interview_id),
            "Method": "POST",
            "StatusCallback": step_url(account, ENDED_STEP, interview=interview_id),
            "StatusCallbackMethod": "POST",
            "Timeout": str(ring_seconds),
            "MachineDetection": "Enable",
        }
        try:
            answer = _post(account, "Calls.json", form)
        except FetchFailed as failure:
            raise NotPlaced(failure.problem) from failure
        sid = str(answer.body.get("sid") or "")
        if not answer.is_ok or not sid:
            raise NotPlaced(
                f"http {answer.status} {answer.body.get('code') or ''}".strip(), is_lasting=400 <= answer.status < 500
            )
        return Placed(provider_id=sid[:64])


@transaction.atomic
def transfer(*, call_id: int, by: Actor, now: datetime) -> Interview:
    """Have a caller transferred to the interview at the end of a conversation; ours hangs up by it.

    Raises:
        NobodyOnTheLine: nobody of ours speaks to them now.
        NothingToAsk, WantsNoSurveys, InterviewedAlready: there is no interview for them.
    """
    call: Call = Call.objects.lock(call_id)
    demand(by, ANSWER_CALLS, call.unit_id)
    if call.state != CallState.TALKING or call.direction != CallDirection.IN:
        raise NobodyOnTheLine
    interview = begin_transfer(
        unit_id=call.unit_id,
        account_id=call.account_id,
        provider_id=call.provider_id,
        customer_id=call.customer_id,
        case_id=call.case_id,
        language=call.customer.language if call.customer else tree().unit(call.unit_id).language,
        by=by,
        now=now,
    )
    app.configure_task(TRANSFER, queue=DUE).defer(interview_id=interview.pk)
    tell("telephony.call", unit_id=call.unit_id, call=call.pk)
    return interview


def carry_out(*, interview_id: int, now: datetime) -> None:
    """Have the provider transfer a caller. When it does not, they are where they were, and the card says so."""
    interview = Interview.objects.select_related("account").get(pk=interview_id)
    account = interview.account
    if account is None or interview.outcome or interview.answered_at is not None or settings.SANDBOX:
        return
    form = {"Url": step_url(account, INTERVIEW_STEP, interview=interview.pk), "Method": "POST"}
    try:
        answer = _post(account, f"Calls/{quote(interview.provider_id, safe='')}.json", form)
        problem = "" if answer.is_ok else f"http {answer.status}"
    except FetchFailed as failure:
        problem = failure.problem
    if problem:
        give_up_transfer(interview_id=interview.pk, detail=problem, now=now)
        call = Call.objects.filter(account=account, provider_id=interview.provider_id).first()
        if call is not None:
            tell("telephony.call", unit_id=call.unit_id, call=call.pk)


def _post(account: ChannelAccount, path: str, form: dict[str, str]) -> ApiAnswer:
    password = b64encode(f"{account.token}:{account.signing_secret}".encode()).decode("ascii")
    return call_api(
        f"{settings.VOICE_API}/2010-04-01/Accounts/{quote(account.token or '', safe='')}/{path}",
        method="POST",
        authorization=f"Basic {password}",
        raw=urlencode(form).encode(),
        media_type="application/x-www-form-urlencoded",
        seconds=SECONDS,
    )
