"""A community from the desk: its threads, what is hidden and why, who takes part."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from corsia.kernel.access import access
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.once import once
from corsia.listening import services
from corsia.listening.models import Post
from corsia.listening.permissions import MANAGE_LISTENING, SEE_RESULTS
from corsia.listening.queries.communities import participation_in, prompts_of, thread_of
from corsia.listening.queries.sessions import session_row
from corsia.listening.services.community import is_open


@require_safe
@access(SEE_RESULTS, personal=True)
def thread(request: StaffRequest, session_id: int) -> HttpResponse:
    """Show what members write under a prompt; the latest published one unless another is asked for."""
    row = session_row(session_id, actor=request.actor, now=request.received_at)
    if not row.is_community:
        raise NotFound(kind="listening.Session")
    prompts = prompts_of(row.session, now=request.received_at)
    wanted = row_id(request.GET.get("block"))
    published = [prompt for prompt in prompts if prompt.is_published]
    latest = (published or prompts)[-1] if prompts else None
    prompt = next((one for one in prompts if one.block.pk == wanted), latest)
    context = {
        "row": row,
        "one": row.session,
        "here": "thread",
        "prompts": prompts,
        "prompt": prompt,
        "thread": thread_of(prompt.block) if prompt else None,
        "is_open": is_open(row.session, request.received_at),
    }
    return render(request, "listening/community.html", context)


@require_safe
@access(SEE_RESULTS, personal=True)
def participation(request: StaffRequest, session_id: int) -> HttpResponse:
    """Show who wrote, prompt by prompt and day by day."""
    row = session_row(session_id, actor=request.actor, now=request.received_at)
    if not row.is_community:
        raise NotFound(kind="listening.Session")
    context = {
        "row": row,
        "one": row.session,
        "here": "participation",
        "found": participation_in(row.session, now=request.received_at, by_name=row.sees_names),
    }
    return render(request, "listening/participation.html", context)


@require_POST
@access(MANAGE_LISTENING)
def answer(request: StaffRequest, block_id: int) -> HttpResponse:
    """Write under a prompt as whoever moderates."""

    def act() -> int:
        post = services.answer_post(
            block_id=block_id,
            text=request.POST.get("text", ""),
            parent_id=row_id(request.POST.get("parent")),
            by=request.actor,
            now=request.received_at,
        )
        return int(post.pk)

    return _back(Post.objects.select_related("block").find(once(request, door="listening.answer_post", act=act)))


@require_POST
@access(MANAGE_LISTENING)
def moderate(request: StaffRequest, post_id: int) -> HttpResponse:
    """Hide a post, show it again, or make it a quote or a finding."""
    act, by, now = request.POST.get("act", ""), request.actor, request.received_at
    if act == "hide":
        services.hide_post(post_id=post_id, reason=request.POST.get("reason", ""), by=by, now=now)
        told = _("Hidden from the members. The reason is kept.")
    elif act == "show":
        services.show_post(post_id=post_id, by=by, now=now)
        told = _("Members see it again.")
    else:
        services.note_post(post_id=post_id, as_finding=act == "finding", by=by, now=now)
        told = _("It is among the findings.") if act == "finding" else _("It is among the quotes.")
    messages.success(request, told)
    return _back(Post.objects.select_related("block").find(post_id))


def _back(post: Post) -> HttpResponse:
    address = reverse("listening:community", args=[post.block.session_id])
    return redirect(f"{address}?block={post.block_id}#post-{post.pk}")
