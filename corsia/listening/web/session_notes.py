"""A session while it is held: outline at the left, lines at the right; and what came of it."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST, require_safe

from corsia.kernel.access import access
from corsia.kernel.errors import Invalid
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.tables import Cell, Form, as_download
from corsia.listening import services
from corsia.listening.models import Note
from corsia.listening.permissions import MANAGE_LISTENING, SEE_RESULTS
from corsia.listening.queries.findings import titles_in_use
from corsia.listening.queries.sessions import (
    SessionRow,
    heard_in,
    notes_of,
    outline_of,
    participants_of,
    session_row,
    touchpoint_of,
)
from corsia.listening.services import NoteData
from corsia.listening.vocabulary import Sign
from corsia.listening.web.pages import touchpoint_choices
from corsia.ui.templatetags.ui import local_name


@require_safe
@access(MANAGE_LISTENING, personal=True)
def hold(request: StaffRequest, session_id: int) -> HttpResponse:
    """Show the screen of whoever takes notes."""
    row = session_row(session_id, actor=request.actor, now=request.received_at)
    return render(request, "listening/session_hold.html", _held(request, row))


def _held(request: StaffRequest, row: SessionRow) -> dict[str, Any]:
    outline, notes = outline_of(row.session), notes_of(row.session)
    wanted = row_id(request.GET.get("block") or request.POST.get("block"))
    block = next((one for one in outline if one.pk == wanted), outline[0] if outline else None)
    counts: dict[int | None, int] = {}
    for note in notes:
        counts[note.block_id] = counts.get(note.block_id, 0) + 1
    place = outline.index(block) if block else 0
    return {
        "row": row,
        "one": row.session,
        "here": "hold",
        "outline": [(one, counts.get(one.pk, 0)) for one in outline],
        "part": block,
        "before": sum(one.minutes for one in outline[:place]),
        "next": outline[place + 1] if place + 1 < len(outline) else None,
        "previous": outline[place - 1] if place else None,
        "notes": [note for note in notes if note.block_id == (block.pk if block else None)],
        "loose": counts.get(None, 0) if block else 0,
        "titles": titles_in_use(),
        **_row_choices(row),
    }


def _row_choices(row: SessionRow) -> dict[str, Any]:
    """Return what the line of a note offers to choose."""
    return {
        "people": participants_of(row.session, by_name=row.sees_names),
        "touchpoints": touchpoint_choices(),
        "signs": Sign.choices,
        "weights": range(1, 6),
    }


@require_POST
@access(MANAGE_LISTENING, personal=True)
def add(request: StaffRequest, session_id: int) -> HttpResponse:
    """Keep a line; the script gets it as it stands on the page."""
    note = services.add_note(
        session_id=session_id,
        key=request.POST.get("key", ""),
        typed=request.POST.get("text", ""),
        block_id=row_id(request.POST.get("block")),
        participant_id=row_id(request.POST.get("participant")),
        by=request.actor,
        now=request.received_at,
    )
    if request.htmx:
        return _line(request, note)
    return redirect(_place(note))


@require_POST
@access(MANAGE_LISTENING, personal=True)
def change(request: StaffRequest, note_id: int) -> HttpResponse:
    """Put a line right, make it a quote or a finding, or delete it."""
    act, by, now = request.POST.get("act", ""), request.actor, request.received_at
    if act == "remove":
        session = services.remove_note(note_id=note_id, by=by, now=now)
        return HttpResponse() if request.htmx else redirect("listening:hold_session", session.pk)
    note = services.change_note(
        note_id=note_id,
        data=_data(request),
        kind=act if act in ("quote", "remark") else "",
        by=by,
        now=now,
    )
    if act == "finding":
        note = services.keep_finding(note_id=note_id, title=request.POST.get("title", ""), by=by, now=now)
    elif act == "no_finding":
        note = services.drop_finding(note_id=note_id, by=by, now=now)
    if not request.htmx:
        return redirect(_place(note))
    return _line(request, note) if act else HttpResponse(status=204)


def _data(request: StaffRequest) -> NoteData:
    severity = request.POST.get("severity", "")
    if severity not in ("", "1", "2", "3", "4", "5"):
        raise Invalid
    return NoteData(
        text=request.POST.get("text", ""),
        participant_id=row_id(request.POST.get("participant")),
        touchpoint_id=row_id(request.POST.get("touchpoint")),
        sign=request.POST.get("sign", ""),
        severity=int(severity) if severity else None,
        tags=request.POST.get("tags", "")[:400],
        title=request.POST.get("title", ""),
    )


def _line(request: StaffRequest, note: Note) -> HttpResponse:
    row = session_row(note.session_id, actor=request.actor, now=request.received_at)
    context = {"note": note, "row": row, "is_fresh": True, **_row_choices(row)}
    return render(request, "listening/_note.html", context)


def _place(note: Note) -> str:
    address = reverse("listening:hold_session", args=[note.session_id])
    return f"{address}?block={note.block_id}#note-{note.pk}" if note.block_id else f"{address}#note-{note.pk}"


@require_safe
@access(SEE_RESULTS, personal=True)
def results(request: StaffRequest, session_id: int) -> HttpResponse:
    """Show what came of a session, by touchpoint and tag; nobody's name stands there."""
    row = session_row(session_id, actor=request.actor, now=request.received_at)
    tag, sign = request.GET.get("tag", "")[:40], request.GET.get("sign", "")
    sign = sign if sign in Sign.values else ""
    kind = request.GET.get("kind", "")
    heard = heard_in(row.session, tag=tag, sign=sign, only_findings=kind == "findings", only_quotes=kind == "quotes")
    context = {
        "row": row,
        "one": row.session,
        "here": "results",
        "heard": heard,
        "tag": tag,
        "sign": sign,
        "kind": kind if kind in ("findings", "quotes") else "",
        "signs": Sign.choices,
        "longest": max((max(theme.plus, theme.minus) for theme in heard.themes), default=1) or 1,
    }
    return render(request, "listening/session_results.html", context)


@require_safe
@access(SEE_RESULTS, personal=True)
def export(request: StaffRequest, session_id: int) -> HttpResponse:
    """Give what was written down as a table; participants are numbers in it."""
    row = session_row(session_id, actor=request.actor, now=request.received_at)
    header = [
        pgettext("session", "Part"), _("Kind of note"), _("Participant"), _("Text"), _("Touchpoint"),
        _("Plus or minus"),
        _("Severity"), _("Tags"), _("Finding"),
    ]  # fmt: skip
    rows: list[list[Cell]] = [
        [
            local_name(note.block) if note.block else "",
            str(note.get_kind_display()),
            note.participant.pseudonym if note.participant else "",
            note.text,
            local_name(touchpoint_of(note, row.session)),
            str(note.get_sign_display()) if note.sign else "",
            note.severity,
            " ".join(note.tags),
            note.finding.title if note.finding else "",
        ]
        for note in notes_of(row.session)
    ]
    name = f"{row.session.get_instrument_display()} {row.session.title}"
    return as_download(Form.CSV, name=name, header=header, rows=rows, on=timezone.localdate(request.received_at))
