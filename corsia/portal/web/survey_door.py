"""The door of surveys, in front of Django: pages asked for, and answers sent, at one moment share what they cost.

A link in a mailing is opened by thousands within minutes. What is asked, what counts and what is kept is decided by the
same services and shown by the same templates as behind Django, which still answers everything that is not the rule: a
link that is closed or not complete, an answer with a problem, an address that comes too often, another method.
"""

import gzip
import logging
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Hashable, MutableMapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError, close_old_connections, transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.request import split_domain_port, validate_host
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from corsia.kernel import scope as scopes
from corsia.kernel.client_address import Proxies, count_key
from corsia.kernel.errors import CorsiaError
from corsia.kernel.gathering import Desk, Full
from corsia.kernel.held import held
from corsia.kernel.limits import spend_each
from corsia.listening import queries, services
from corsia.listening.vocabulary import SurveyState
from corsia.portal.web.public import chosen_language, headers_of, is_from_our_page
from corsia.portal.web.survey import ANSWERS, device_of, onwards, what_is_asked, why_closed

logger = logging.getLogger("corsia.portal")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

FORM = "application/x-www-form-urlencoded"
MOST_AT_ONCE = 64  # visits in one transaction
MOST_WAITING = 16 * 1024 * 1024  # bytes of answers that wait, in one web process; what is more waits behind Django
LARGEST = 128 * 1024  # bytes of one page's answers: ten texts of 4,000 signs, as forms write them
KEPT_PAGES = 1024
_NOT_ABOUT = '<p class="about"></p>'


@dataclass(frozen=True)
class Visit:
    """Somebody opens a page of a survey, or sends one.

    Attributes:
        key: under which uses of the door by this address are counted.
        form: what was sent; None for who only looks.
    """

    token: str
    query: QueryDict
    key: str
    device: str
    form: QueryDict | None
    at: datetime


@dataclass(frozen=True)
class Reply:
    """What is answered: a page, or the address of the next one."""

    language: str
    html: str = ""
    onwards: str = ""


class SurveyDoor:
    """Answers the pages of surveys, and hands everything else on."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._prefix = reverse("portal:survey", args=["token"]).removesuffix("token/")
        self._proxies = Proxies()
        # Two of them: pages are shown while answers wait for the disk.
        self._shows: Desk[Visit, Reply | None] = Desk(
            pages_for, name="survey-pages", most_at_once=MOST_AT_ONCE, most_waiting=MOST_WAITING
        )
        self._keeps: Desk[Visit, Reply | None] = Desk(
            replies_to, name="survey-answers", most_at_once=MOST_AT_ONCE, most_waiting=MOST_WAITING
        )

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        token = self._token(scope)
        if token:
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
            if self._is_ours(scope, headers):
                receive, reply = await self._reply(scope, receive, headers, token)
                if reply is not None:
                    is_secure = self._is_secure(scope, headers)
                    await _say(reply, send, is_secure=is_secure, zips="gzip" in headers.get("accept-encoding", ""))
                    return
        await self._application(scope, receive, send)

    def _token(self, scope: Message) -> str:
        """Return the token that a path names; "" where the request is none of ours."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "POST"):
            return ""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        token, slash, rest = path.removeprefix(self._prefix).partition("/")
        return token if path.startswith(self._prefix) and slash and not rest else ""

    def _is_ours(self, scope: Message, headers: dict[str, str]) -> bool:
        """Tell whether Django would let the request in: by its host, its scheme, and what it brings."""
        host, _port = split_domain_port(headers.get("host", "").lower())
        if not host or not validate_host(host, settings.ALLOWED_HOSTS):
            return False
        if settings.SECURE_SSL_REDIRECT and not self._is_secure(scope, headers):
            return False
        if scope["method"] == "GET":
            return True
        is_secure = self._is_secure(scope, headers)
        if not is_from_our_page(headers.get("origin", ""), host=headers["host"], is_secure=is_secure):
            return False
        length = headers.get("content-length", "")
        is_small = length.isascii() and length.isdigit() and len(length) < 9 and int(length) <= LARGEST
        return is_small and headers.get("content-type", "").partition(";")[0].strip().lower() == FORM

    def _is_secure(self, scope: Message, headers: dict[str, str]) -> bool:
        peer = str((scope.get("client") or ("",))[0])
        return scope.get("scheme") == "https" or (
            self._proxies.include(peer) and headers.get("x-forwarded-proto") == "https"
        )

    async def _reply(
        self, scope: Message, receive: Receive, headers: dict[str, str], token: str
    ) -> tuple[Receive, Reply | None]:
        """Return the reply, None where Django is to answer, and how it then receives what was read already."""
        raw: bytes | None = None
        if scope["method"] == "POST":
            messages = await _body(receive)
            receive = _again(messages, receive)
            if messages[-1]["type"] != "http.request":
                return receive, None  # who sent it has gone
            raw = b"".join(message.get("body", b"") for message in messages)
        try:
            visit = self._visit(scope, headers, token, raw)
            desk = self._shows if raw is None else self._keeps
            return receive, await desk.reply_to(visit, weight=1024 + len(raw or b""))
        except (Full, SuspiciousOperation):  # more waits than is good, or more fields than a form has
            return receive, None

    def _visit(self, scope: Message, headers: dict[str, str], token: str, raw: bytes | None) -> Visit:
        peer = str((scope.get("client") or ("",))[0])
        key = count_key(self._proxies.client_of(peer, headers.get(self._proxies.header, "")))
        return Visit(
            token=token,
            query=QueryDict(scope.get("query_string", b"")),
            key=key,
            device=device_of(key, headers.get("user-agent", "")),
            form=QueryDict(raw) if raw is not None else None,
            at=datetime.now(UTC),
        )


def replies_to(visits: Sequence[Visit]) -> list[Reply | None]:
    """Keep what was sent; return the reply to each, None for those that Django is to answer."""
    return _together(_answer, visits)


def pages_for(visits: Sequence[Visit]) -> list[Reply | None]:
    """Return the page for each who looks, None for those that Django is to answer."""
    return _together(_show, visits)


def _together(take: Callable[[Sequence[Visit]], list[Reply | None]], visits: Sequence[Visit]) -> list[Reply | None]:
    """Take visits all or none, with a connection that is given back: what failed is answered one by one, by Django."""
    close_old_connections()
    try:
        with held(), scopes.system("portal:survey"):
            return take(visits)
    except DatabaseError:
        logger.warning("surveys: %s visits are left to Django, which says what is wrong", len(visits))
    except Exception:
        logger.exception("surveys: %s visits could not be taken together", len(visits))
    finally:
        close_old_connections()
    return [None] * len(visits)


def _answer(visits: Sequence[Visit]) -> list[Reply | None]:
    """Keep what was sent, all or nothing."""
    with transaction.atomic():
        refused = spend_each(ANSWERS, Counter(visit.key for visit in visits), now=visits[-1].at)
        let_in = [visit for visit in visits if visit.key not in refused]
        taken = services.answer_pages([_submission(visit) for visit in let_in], now=visits[-1].at)
    found = {id(visit): _onwards(visit, one) for visit, one in zip(let_in, taken, strict=True)}
    return [found.get(id(visit)) for visit in visits]


def _submission(visit: Visit) -> services.Submission:
    form = visit.form or QueryDict()
    return services.Submission(
        token=visit.token, page_key=form.get("page", ""), data=dict(form.lists()), device=visit.device
    )


def _onwards(visit: Visit, taken: services.Taken | CorsiaError) -> Reply | None:
    if isinstance(taken, CorsiaError) or taken.problems or taken.response is None:
        return None
    language = chosen_language(visit.query.get("l", ""), taken.response.language)
    return Reply(language, onwards=f"?{onwards(taken, language)}")


def _show(visits: Sequence[Visit]) -> list[Reply | None]:
    behind = queries.surveys_behind([visit.token for visit in visits], now=visits[-1].at)
    begun = [asked.response_id for asked in behind if asked.response_id and asked.state is SurveyState.OPEN]
    answers = queries.answers_of(begun)
    return [
        _shown(visit, asked, answers.get(asked.response_id or 0, {}))
        for visit, asked in zip(visits, behind, strict=True)
    ]


def _shown(visit: Visit, asked: queries.SurveyPage, answers: Any) -> Reply | None:
    language = chosen_language(visit.query.get("l", ""), asked.language)
    with translation.override(language):
        frame = {"language": language, "color": asked.brand_color.lstrip("#")}
        if asked.state is SurveyState.ANSWERED:
            title, text, _status = why_closed(asked)
            context = {"title": title, "text": text, "good": True, **frame}
            return Reply(language, _rendered("portal/notice.html", context, key=tuple(context.items())))
        if asked.state is not SurveyState.OPEN:
            return None
        told = what_is_asked(
            asked,
            answers,
            language,
            wanted=visit.query.get("p", ""),
            score=visit.query.get("score", ""),
            way=visit.query.get("w", ""),
        )
        # All but one line is the same for everybody who is asked the same at the same place.
        same = replace(asked, vehicle="", happened_on=None, case_id=None)
        key = (told["page"], told["minutes"], told["way"], asked.group, *frame.values())
        html = _rendered("portal/survey.html", {**told, **frame, "asked": same}, key=key)
        about = _rendered(
            "portal/_about.html",
            {"asked": asked, **frame},
            key=(
                asked.vehicle,
                asked.case_id,
                asked.happened_on and timezone.localtime(asked.happened_on).date(),
                language,
            ),
        )
        return Reply(language, html.replace(_NOT_ABOUT, about.rstrip("\n"), 1))


_pages: OrderedDict[Hashable, str] = OrderedDict()  # read and written by the one thread that shows pages


def _rendered(template: str, context: dict[str, Any], *, key: Hashable) -> str:
    """Return a page that was rendered before, or render it; those that nobody asked for longest are dropped."""
    found = _pages.pop((template, key), None)
    html = render_to_string(template, context) if found is None else found
    _pages[template, key] = html
    while len(_pages) > KEPT_PAGES:
        _pages.popitem(last=False)
    return html


async def _body(receive: Receive) -> list[Message]:
    """Return the messages of a request, up to its end or to where whoever sent it went away."""
    messages: list[Message] = []
    while True:
        messages.append(await receive())
        if messages[-1]["type"] != "http.request" or not messages[-1].get("more_body"):
            return messages


def _again(messages: Sequence[Message], receive: Receive) -> Receive:
    """Return a way to receive that begins with what was received already."""
    left = list(messages)

    async def received() -> Message:
        return left.pop(0) if left else await receive()

    return received


async def _say(reply: Reply, send: Send, *, is_secure: bool, zips: bool) -> None:
    headers = list(_headers(is_secure, reply.language))
    body = reply.html.encode()
    if reply.onwards:
        headers.append((b"location", reply.onwards.encode()))
    elif zips:
        # Nothing in the page is a secret that a stranger could guess at by its length: it has no token.
        body = gzip.compress(body, 1, mtime=0)
        headers.append((b"content-encoding", b"gzip"))
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": 302 if reply.onwards else 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class _Asked(HttpRequest):
    """A request as far as the headers of its answer depend on it."""

    def __init__(self, scheme: str) -> None:
        super().__init__()
        self.scheme_of = scheme

    def _get_scheme(self) -> str:
        return self.scheme_of


@cache
def _headers(is_secure: bool, language: str) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers that Django's own middleware gives a public page."""
    answer = HttpResponse(headers=headers_of(language))
    dressed: Any = lambda _request: answer  # noqa: E731  (a chain of middleware ends in a view)
    for middleware in (XFrameOptionsMiddleware, CSPMiddleware, SecurityMiddleware):
        dressed = middleware(dressed)
    request = _Asked("https" if is_secure else "http")
    if is_secure:
        request.META["HTTP_X_FORWARDED_PROTO"] = "https"
    found = {**dressed(request).headers, "Vary": "Accept-Encoding"}
    return tuple((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in found.items())
