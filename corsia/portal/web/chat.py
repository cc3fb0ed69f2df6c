"""The visitors' door to the web chat: their page asks here, with a key that only its browser keeps.

No cookie and no session has any right here, so that no other site can act for a visitor: the key comes in a header.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from corsia.cases.models import Case
from corsia.conversations.bot.queries import day_words, first_choices
from corsia.customers.identity import read_email
from corsia.kernel import scope
from corsia.kernel.access import public
from corsia.kernel.client_address import address_key
from corsia.kernel.errors import CorsiaError, Invalid, NotAllowed, TooMany
from corsia.kernel.limits import Limit, spend
from corsia.listening.services import hand_out
from corsia.messaging.models import Correspondent
from corsia.messaging.queries.visits import Conversation, VisitMessage, conversation_of, visitor_of
from corsia.messaging.rules.files import SAFE_IMAGES
from corsia.messaging.rules.incoming import NewFile
from corsia.messaging.rules.visits import Visit
from corsia.messaging.services import visits
from corsia.messaging.services.file_links import link_to
from corsia.organisation.queries import time_zone_of
from corsia.portal.chat import services
from corsia.portal.chat.queries import open_site, presence_of
from corsia.portal.chat.rules import Vouched, is_visitor_key, visitor_name, vouched_by
from corsia.portal.chat.tickets import ticket_for
from corsia.portal.models import ChatSite
from corsia.portal.web.forms import FilesField
from corsia.portal.web.public import LANGUAGES

DOOR = Limit("portal.chat", times=1200, seconds=60)  # of an address: a whole office may stand behind one
STARTS = Limit("portal.chat_start", times=6, seconds=3600)  # first messages of an address
MESSAGES = Limit("portal.chat_message", times=60, seconds=60)  # of a visitor
MAILS = Limit("portal.chat_transcript", times=3, seconds=3600)  # of an address
LONGEST = 8000
LONGEST_KEY = 64


class NoKey(NotAllowed):
    code = "portal.no_key"
    message = gettext_lazy("Open the chat anew: this page has lost its key.")


class NothingToSend(Invalid):
    code = "portal.nothing_to_send"


def api(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Open the whole tree to what a visitor's key allows, and answer refusals as JSON in their language."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        chosen = request.headers.get("X-Language", "")
        with translation.override(chosen if chosen in LANGUAGES else "it"):
            try:
                with scope.system(f"portal:{view.__name__}"):
                    answer = view(request, *args, **kwargs)
            except CorsiaError as error:
                answer = JsonResponse({"error": str(error), "code": error.code}, status=error.status)
                if isinstance(error, TooMany):
                    answer.headers["Retry-After"] = str(int(error.data["minutes"]) * 60)
        answer.headers["Cache-Control"] = "no-store, private"
        return answer

    return answered


class Caller:
    """Who asks: the site, the visitor, and who the site says they are."""

    def __init__(self, request: HttpRequest, key: str) -> None:
        self.now = request.received_at  # type: ignore[attr-defined]
        self.site: ChatSite = open_site(key)
        secret = request.headers.get("X-Visitor", "")
        if not is_visitor_key(secret):
            raise NoKey
        self.name = visitor_name(secret)
        self.language = translation.get_language() or "it"
        self.row: Correspondent | None = visitor_of(self.site.account, self.name)
        self.vouched: Vouched | None = vouched_by(
            request.headers.get("X-Identity", ""), secret=self.site.identity_secret or "", now=self.now
        )

    def known(self) -> Correspondent:
        """Return the visitor, who must have written before."""
        if self.row is None:
            raise services.NothingSaid
        return self.row


@csrf_exempt
@require_POST
@api
@public(limit=DOOR)
def hello(request: HttpRequest, key: str) -> HttpResponse:
    """Tell a page everything it shows, with a ticket to listen."""
    return JsonResponse(_state(Caller(request, key)))


@require_safe
@api
@public(limit=DOOR)
def messages(request: HttpRequest, key: str) -> HttpResponse:
    """Show the messages before one, or the latest."""
    caller = Caller(request, key)
    before = request.GET.get("before", "0")
    number = int(before) if before.isascii() and before.isdecimal() and len(before) < 16 else 0
    said = conversation_of(caller.row, before=number) if caller.row else Conversation()
    return JsonResponse(_conversation(caller, said))


@csrf_exempt
@require_POST
@api
@public(limit=DOOR)
def write(request: HttpRequest, key: str) -> HttpResponse:
    """Take what a visitor sends: on disk before the answer."""
    caller = Caller(request, key)
    spend(MESSAGES, key=caller.name, now=caller.now)
    visit = _visit(request, caller)
    if caller.row is None:
        spend(STARTS, key=address_key(request), now=caller.now)
    taken = visits.take_visit(caller.site.account, visit, now=caller.now)
    caller.row = visitor_of(caller.site.account, caller.name)
    answer = _state(caller)
    if visit.is_left:
        answer["left"] = taken.case_id or 0
    return JsonResponse(answer)


def _visit(request: HttpRequest, caller: Caller) -> Visit:
    """Return what was sent.

    Raises:
        NothingToSend: it is empty, too long, or a file is not of a kind that is taken.
    """
    text = request.POST.get("text", "").replace("\x00", "").strip()
    try:
        files = FilesField(required=False).clean(request.FILES.getlist("files"))
    except ValidationError as error:
        raise NothingToSend(" ".join(error.messages)) from error
    if not text and not files:
        raise NothingToSend(_("Write something, or attach a file."))
    if len(text) > LONGEST:
        raise NothingToSend(_("This is longer than %(most)s characters. Send it in parts.") % {"most": LONGEST})
    presence = presence_of(caller.site.account, now=caller.now)
    is_left = request.POST.get("left") == "1" and not presence.is_staffed
    email = _email(request.POST.get("email", ""))
    if is_left and not email:
        raise services.AddressUnusable
    sent_key = request.POST.get("key", "")[:LONGEST_KEY]
    if not sent_key:
        raise NoKey
    return Visit(
        visitor=caller.name,
        key=sent_key,
        text=text,
        language=caller.language[:2],
        name=" ".join(request.POST.get("name", "").replace("\x00", "").split())[:120]
        or (caller.vouched.name if caller.vouched else ""),
        email=email,
        customer=caller.vouched.reference if caller.vouched else "",
        page=request.POST.get("page", "").replace("\x00", "")[:300],
        is_left=is_left,
        files=tuple(NewFile(name=file.name or "", content=file.read()) for file in files),
    )


def _email(typed: str) -> str:
    if not typed.strip():
        return ""
    read = read_email(typed[:254])
    if read.warning is not None:
        raise services.AddressUnusable
    return read.value


@csrf_exempt
@require_POST
@api
@public(limit=DOOR)
def typing(request: HttpRequest, key: str) -> HttpResponse:
    """Show our people that the visitor types."""
    caller = Caller(request, key)
    spend(MESSAGES, key=f"typing:{caller.name}", now=caller.now)
    if caller.row is not None:
        visits.typing_there(caller.row)
    return HttpResponse(status=204)


@csrf_exempt
@require_POST
@api
@public(limit=DOOR)
def read(request: HttpRequest, key: str) -> HttpResponse:
    """Note how far the visitor has read."""
    caller = Caller(request, key)
    up_to = request.POST.get("up_to", "")
    if caller.row is not None and up_to.isascii() and up_to.isdecimal() and len(up_to) < 16:
        visits.read_there(caller.row, up_to=int(up_to), now=caller.now)
    return HttpResponse(status=204)


@csrf_exempt
@require_POST
@api
@public(limit=DOOR)
def end(request: HttpRequest, key: str) -> HttpResponse:
    """Note that the visitor has ended the chat."""
    caller = Caller(request, key)
    if caller.row is not None:
        spend(MESSAGES, key=f"end:{caller.name}", now=caller.now)
        services.end_visit(caller.row, now=caller.now)
    return JsonResponse(_state(caller))


@csrf_exempt
@require_POST
@api
@public(limit=DOOR)
def transcript(request: HttpRequest, key: str) -> HttpResponse:
    """Mail the visitor what was said."""
    caller = Caller(request, key)
    visitor = caller.known()
    spend(MAILS, key=address_key(request), now=caller.now)
    services.mail_transcript(
        caller.site, visitor, email=request.POST.get("email", ""), language=caller.language, now=caller.now
    )
    return JsonResponse({"said": _("It is on its way to your mailbox.")})


@require_safe
@public(limit=DOOR)
def stream(request: HttpRequest, key: str) -> HttpResponse:
    """Say one breath where the door in front of Django is not there to keep the stream open: the page asks again."""
    answer = HttpResponse(b"retry: 15000\n\nevent: hello\ndata: \n\n", content_type="text/event-stream")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _state(caller: Caller) -> dict[str, Any]:
    """Return everything a page shows."""
    account, now = caller.site.account, caller.now
    said = conversation_of(caller.row) if caller.row else Conversation()
    presence = presence_of(account, now=now)
    case = _case(said, now=now) if said.case_id else {"isClosed": False, "survey": ""}
    customer = caller.row.customer if caller.row else None
    return {
        "ear": caller.name[:8],
        "ticket": ticket_for(caller.name, now=timezone.now()),
        "isStaffed": presence.is_staffed,
        "hasBot": account.has_bot,
        "opens": _opens(caller, presence.opens_at),
        "name": caller.vouched.name if caller.vouched else caller.row.name if caller.row else "",
        "isVouched": caller.vouched is not None,
        "hasAddress": bool(customer or caller.vouched),
        "choices": first_choices(account, language=caller.language) if account.has_bot and not said.messages else [],
        **case,
        **_conversation(caller, said),
    }


def _opens(caller: Caller, at: Any) -> str:
    """Return when somebody answers again, as people say it."""
    if at is None:
        return ""
    zone = time_zone_of(caller.site.unit_id)
    local, today = at.astimezone(zone), caller.now.astimezone(zone).date()
    hour = formats.date_format(local, "H:i")
    if local.date() == today:
        return _("today at %(hour)s") % {"hour": hour}
    return _("%(day)s at %(hour)s") % {"day": day_words(local), "hour": hour}


def _case(said: Conversation, *, now: Any) -> dict[str, Any]:
    is_closed = Case.unscoped.filter(pk=said.case_id or 0, closed_at__isnull=False).exists()
    return {"isClosed": is_closed, "survey": hand_out(case_id=said.case_id or 0, now=now) if is_closed else ""}


def _conversation(caller: Caller, said: Conversation) -> dict[str, Any]:
    return {"messages": [_shown(caller, one) for one in said.messages], "hasMore": said.has_more}


def _shown(caller: Caller, one: VisitMessage) -> dict[str, Any]:
    content = one.content or {}
    base = settings.PUBLIC_URL.rstrip("/")
    return {
        "id": one.id,
        "mine": one.is_theirs,
        "robot": one.is_automatic,
        "author": one.author,
        "text": one.text,
        "at": one.at.isoformat(),
        "read": one.is_read,
        "card": content.get("card"),
        "choices": content.get("choices", []),
        "sources": content.get("sources", []),
        "files": [
            {
                "name": file.name,
                "size": file.size,
                "picture": file.media_type in SAFE_IMAGES,
                "url": link_to(file.id, now=caller.now).removeprefix(base),
            }
            for file in one.files
        ],
    }
