"""The page of an invitation to a session, and those of a community. GET shows, only POST acts; no account is needed."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from corsia.kernel.access import public
from corsia.kernel.actors import customer
from corsia.kernel.errors import Invalid, NotFound
from corsia.kernel.http import row_id
from corsia.kernel.limits import Limit
from corsia.listening import services
from corsia.listening.models import Session, SessionParticipant
from corsia.listening.queries import rules_in_force
from corsia.listening.queries.communities import prompts_of, thread_of
from corsia.listening.services.community import LONGEST, is_open, published_prompts
from corsia.listening.services.session_people import is_past
from corsia.listening.vocabulary import ParticipantState, SessionState
from corsia.organisation.queries import tree
from corsia.portal.web.public import friendly, language_of, page

INVITED = Limit("portal.session", times=30, seconds=60)
TALKS = Limit("portal.community", times=30, seconds=60)
MEMBERS = (ParticipantState.ACCEPTED, ParticipantState.CAME)


def _context(member: SessionParticipant, request: HttpRequest) -> dict[str, Any]:
    session: Session = member.session
    now = request.received_at  # type: ignore[attr-defined]
    return {
        "one": session,
        "member": member,
        "group": tree().group(session.unit_id).name,
        "is_community": session.ends_on is not None,
        "is_member": member.state in MEMBERS,
        "is_open": session.state == SessionState.PLANNED and not is_past(session, now),
        "may_write": is_open(session, now) and member.state in MEMBERS,
    }


def _color(member: SessionParticipant) -> str:
    return rules_in_force(member.session.unit_id).brand_color


@require_http_methods(["GET", "HEAD", "POST"])
@friendly
@public(limit=INVITED)
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show what somebody is invited to, and take whether they come."""
    now = request.received_at  # type: ignore[attr-defined]
    member = services.participant_behind(token)
    language = language_of(request, member.language)
    with translation.override(language):
        if request.method == "POST":
            comes = request.POST.get("comes") == "yes"
            member = services.answer_invitation(
                token=token,
                comes=comes,
                stop=request.POST.get("stop") == "1",
                by=customer(_("Participant, personal link")),
                now=now,
            )
            if comes and member.session.ends_on is not None:
                return redirect(f"{reverse('portal:community', args=[token])}?l={language}")
            return redirect(f"{request.path}?l={language}")
        context = _context(member, request) | {"token": token}
        return page(request, "portal/session.html", context, language=language, color=_color(member))


def _member(token: str) -> SessionParticipant:
    member = services.participant_behind(token)
    if member.session.ends_on is None:
        raise NotFound(kind="listening.Session")
    return member


@require_safe
@friendly
@public(limit=TALKS)
def community(request: HttpRequest, token: str) -> HttpResponse:
    """Show the prompts that are published, today's first."""
    member = _member(token)
    language = language_of(request, member.language)
    if member.state not in MEMBERS:
        return redirect(f"{reverse('portal:session', args=[token])}?l={language}")
    now = request.received_at  # type: ignore[attr-defined]
    prompts = [prompt for prompt in prompts_of(member.session, now=now) if prompt.is_published]
    context = _context(member, request) | {"token": token, "prompts": prompts[::-1]}
    return page(request, "portal/community.html", context, language=language, color=_color(member))


@require_http_methods(["GET", "HEAD", "POST"])
@friendly
@public(limit=TALKS)
def prompt(request: HttpRequest, token: str, block_id: int) -> HttpResponse:
    """Show what was written under a prompt, and take what a member writes."""
    now = request.received_at  # type: ignore[attr-defined]
    member = _member(token)
    language = language_of(request, member.language)
    if member.state not in MEMBERS:
        return redirect(f"{reverse('portal:session', args=[token])}?l={language}")
    if block_id > 2**62:
        raise NotFound(kind="listening.SessionBlock")
    parent_id = row_id(request.POST.get("parent") or request.GET.get("to"))
    error, typed = "", ""
    with translation.override(language):
        if request.method == "POST":
            typed = request.POST.get("text", "")
            try:
                post = services.write_post(token=token, block_id=block_id, text=typed, parent_id=parent_id, now=now)
            except Invalid as problem:  # what was typed stays on the page
                error = str(problem)
            else:
                one = f"&post={post.parent_id}" if post.parent_id else ""
                return redirect(f"{request.path}?l={language}{one}#p{post.pk}")
        block = published_prompts(member.session, now).find(block_id)
        thread = thread_of(
            block,
            reader_id=member.pk,
            before_id=row_id(request.GET.get("before")),
            post_id=parent_id or row_id(request.GET.get("post")),
            for_phone=True,
        )
        context = _context(member, request) | {
            "token": token,
            "asked": block,
            "words": (block.text_en if language == "en" else "") or block.text_it,
            "thread": thread,
            "parent_id": parent_id,
            "only": parent_id or row_id(request.GET.get("post")),
            "error": error,
            "typed": typed[:LONGEST],
            "longest": LONGEST,
        }
        return page(
            request,
            "portal/prompt.html",
            context,
            language=language,
            color=_color(member),
            status=422 if error else 200,
        )
