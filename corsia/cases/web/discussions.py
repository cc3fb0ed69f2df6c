"""Discussions: the drawer beside a case, the panel in the inbox, the page of all of them."""

import json
import re
from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from corsia.cases import services
from corsia.cases.models import Case, Discussion, DiscussionFile, DiscussionLine
from corsia.cases.permissions import WORK_CASES
from corsia.cases.queries import discussions as queries
from corsia.cases.queries import people_who_work_in
from corsia.cases.services.discussions import EDIT_WITHIN, MAX_FILE_BYTES, FilesTooMany, SharedFile
from corsia.kernel.access import access
from corsia.kernel.blobs import content_of
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.once import once
from corsia.organisation.models import Person

# Nothing of a colleague's file runs, loads or leads anywhere.
_FILE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


@require_safe
@access(WORK_CASES, personal=True)
def index(request: StaffRequest) -> HttpResponse:
    """List the discussions one takes part in, or all one hears, what is unread first."""
    tab = "unit" if request.GET.get("tab") == "unit" else "mine"
    words = request.GET.get("q", "").strip()[:100]
    rows = queries.discussions(actor=request.actor, is_mine=tab == "mine" and not words, words=words)
    context = {
        "rows": rows,
        "tab": tab,
        "q": words,
        "here": "discussions",
        "unread": queries.unread_count(actor=request.actor),
    }
    return render(request, "cases/discussions.html", context)


@require_safe
@access(WORK_CASES, personal=True)
def panel(request: StaffRequest, case_id: int) -> HttpResponse:
    """Show the talk about a case: the thread asked for, and the exceptions one may talk about."""
    case: Case = Case.objects.find(case_id)
    return _panel(request, case, asked=row_id(request.GET.get("talk")), alarm_id=row_id(request.GET.get("alarm")))


@require_safe
@access(WORK_CASES, personal=True)
def beside(request: StaffRequest, case_id: int) -> HttpResponse:
    """Show the same in a frame of its own, beside a conversation."""
    Case.objects.find(case_id)
    return render(request, "cases/_talk_beside.html", {"case_id": case_id})


@require_safe
@access(WORK_CASES)
def badge(request: StaffRequest, case_id: int) -> HttpResponse:
    """Show how many discussions a case has, and whether something in them is new."""
    Case.objects.find(case_id)
    rows = queries.on_case(case_id, actor=request.actor)
    unread = queries.unread_of(rows, person_id=request.actor.id)
    return render(request, "cases/_talk_badge.html", {"count": len(rows), "unread": unread, "case_id": case_id})


@require_POST
@access(WORK_CASES, personal=True)
def say(request: StaffRequest, case_id: int) -> HttpResponse:
    """Say something about a case, or about one of its exceptions."""
    case: Case = Case.objects.find(case_id)
    text = request.POST.get("text", "")[:20_000]
    uploaded = request.FILES.getlist("files")
    if any((file.size or 0) > MAX_FILE_BYTES for file in uploaded):
        raise FilesTooMany(most=5, mb=MAX_FILE_BYTES // 1024 // 1024)
    people = people_who_work_in(case.unit_id, now=request.received_at)

    def act() -> int:
        asked = row_id(request.POST.get("talk"))
        if asked is None:
            discussion = services.discussion_of(
                case_id=case_id,
                alarm_id=row_id(request.POST.get("alarm")),
                by=request.actor,
                now=request.received_at,
            )
        else:
            discussion = _heard(request, asked, case_id)
        services.say(
            discussion_id=discussion.pk,
            text=text,
            files=[SharedFile(name=file.name or "file", content=file.read()) for file in uploaded],
            mentions=_named(text, people),
            by=request.actor,
            now=request.received_at,
        )
        return discussion.pk

    discussion_id = once(request, door="cases.say", act=act)
    return _panel(request, case, asked=discussion_id)


@require_POST
@access(WORK_CASES, personal=True)
def edit_line(request: StaffRequest, line_id: int) -> HttpResponse:
    """Change one's own words."""
    line: DiscussionLine = DiscussionLine.objects.select_related("discussion__case").find(line_id)
    discussion = _heard(request, line.discussion_id)
    services.edit_line(
        line_id=line_id, text=request.POST.get("text", "")[:20_000], by=request.actor, now=request.received_at
    )
    return _panel(request, discussion.case, asked=discussion.pk)


@require_POST
@access(WORK_CASES, personal=True)
def resolve(request: StaffRequest, discussion_id: int) -> HttpResponse:
    """Say what was decided."""
    discussion = _heard(request, discussion_id)
    services.resolve_discussion(
        discussion_id=discussion_id,
        summary=request.POST.get("summary", "")[:2000],
        by=request.actor,
        now=request.received_at,
    )
    response = _panel(request, discussion.case, asked=discussion_id)
    title = _("What was decided stands in the history of the case")
    response.headers["HX-Trigger"] = json.dumps({"toast": {"title": title}, "casesChanged": {}})
    return response


@require_POST
@access(WORK_CASES, personal=True)
def add_people(request: StaffRequest, discussion_id: int) -> HttpResponse:
    """Let somebody take part."""
    discussion = _heard(request, discussion_id)
    person_id = row_id(request.POST.get("person"))
    services.add_to_discussion(
        discussion_id=discussion_id,
        person_ids=[person_id] if person_id else [],
        by=request.actor,
        now=request.received_at,
    )
    return _panel(request, discussion.case, asked=discussion_id)


@require_POST
@access(WORK_CASES)
def seen(request: StaffRequest, discussion_id: int) -> HttpResponse:
    """Note that everything said so far was seen."""
    _heard(request, discussion_id)
    services.see_discussion(discussion_id=discussion_id, by=request.actor, now=request.received_at)
    return HttpResponse(status=204)


@require_safe
@access(WORK_CASES, personal=True)
def file(request: StaffRequest, file_id: int) -> HttpResponse:
    """Hand out a file, always to be saved."""
    row: DiscussionFile = DiscussionFile.objects.select_related("line").find(file_id)
    _heard(request, row.line.discussion_id)
    response = HttpResponse(content_of(row.blob_id), content_type="application/octet-stream")
    response._csp_exempt = True  # type: ignore[attr-defined]  # django-csp would replace the policy by the pages' own
    response.headers["Content-Security-Policy"] = _FILE_POLICY
    response.headers["Content-Disposition"] = content_disposition_header(True, row.name) or "attachment"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _panel(request: StaffRequest, case: Case, *, asked: int | None = None, alarm_id: int | None = None) -> HttpResponse:
    if request.method == "POST" and not request.htmx:
        return redirect("cases:case", case.pk)
    rows = queries.on_case(case.pk, actor=request.actor)
    hears_all = queries.may_hear_case(request.actor, case.unit_id)
    exceptions = queries.exceptions_of(case.pk, discussions=rows) if hears_all else []
    alarm = next((one.alarm for one in exceptions if one.alarm.pk == alarm_id and one.discussion is None), None)
    chosen: Discussion | None = None
    if alarm is None:
        by_alarm = next((row for row in rows if alarm_id is not None and row.alarm_id == alarm_id), None)
        chosen = next((row for row in rows if row.pk == asked), None) or by_alarm
        if chosen is None and alarm_id is None and rows and not (hears_all and rows[0].about):
            chosen = rows[0]
    context: dict[str, Any] = {
        "case": case,
        "rows": rows,
        "exceptions": [one for one in exceptions if one.discussion is None],
        "alarm": alarm,
        "hears_all": hears_all,
        "may_write": hears_all or chosen is not None,
        "talk": queries.talk(chosen, actor=request.actor, now=request.received_at, edit_within=EDIT_WITHIN)
        if chosen
        else None,
        "people": list(people_who_work_in(case.unit_id, now=request.received_at).exclude(pk=request.actor.id or 0)),
    }
    return render(request, "cases/_talk.html", context)


def _heard(request: StaffRequest, discussion_id: int, case_id: int | None = None) -> Discussion:
    rows = queries.heard_by(request.actor).select_related("case")
    rows = rows.filter(case_id=case_id) if case_id is not None else rows
    discussion: Discussion | None = rows.filter(pk=discussion_id).first()
    if discussion is None:
        raise NotFound(kind=Discussion._meta.label)
    return discussion


def _named(text: str, people: Iterable[Person]) -> list[int]:
    """Return who is called in a text: "@Laura Pedretti", or "@Laura" where there is one Laura only."""
    if "@" not in text:
        return []
    people = list(people)
    firsts = [person.first_name.casefold() for person in people]
    folded = text.casefold()
    found = []
    for person in people:
        names = [person.full_name.casefold()]
        if firsts.count(person.first_name.casefold()) == 1:
            names.append(person.first_name.casefold())
        if any(re.search(rf"@{re.escape(name)}(?!\w)", folded) for name in names if name):
            found.append(person.pk)
    return found
