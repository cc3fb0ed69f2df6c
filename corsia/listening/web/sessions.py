"""Sessions: the list, one with its outline and people, its form."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corsia.customers import queries as customers
from corsia.kernel.access import access, may
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.once import once
from corsia.listening import services
from corsia.listening.models import ListeningPlan, Session, SessionBlock
from corsia.listening.permissions import MANAGE_LISTENING, SEE_PARTICIPANTS, SEE_RESULTS
from corsia.listening.queries.communities import participation_in, prompts_of
from corsia.listening.queries.outlines import outlines
from corsia.listening.queries.sessions import (
    first_day,
    outline_of,
    participants_of,
    session_row,
    session_rows,
)
from corsia.listening.rules.outlines import Outline
from corsia.listening.services import BlockData, GuestData, SessionData
from corsia.listening.services.sessions import KINDS
from corsia.listening.vocabulary import Instrument, ParticipantState, PlanState, Population
from corsia.listening.web.pages import Chosen, form_page, touchpoint_choices, unit_choices, units_of
from corsia.organisation.models import Person
from corsia.organisation.queries import people_with_roles, tree
from corsia.organisation.vocabulary import Language
from corsia.ui.templatetags.ui import local_name

FOUND = 6  # customers offered for a search
KIND_CHOICES = [(kind.value, kind.label) for kind in KINDS]


class SessionForm(Chosen):
    """A session as a manager plans it."""

    title = forms.CharField(
        label=_("Title"), max_length=120, help_text=_("Whoever is invited reads it: no name of a project.")
    )
    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int)
    touchpoint = forms.TypedChoiceField(label=_("Touchpoint"), coerce=int)
    plan = forms.TypedChoiceField(label=_("Listening plan"), coerce=int, required=False, empty_value=None)
    aim = forms.CharField(
        label=_("What we want to know"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    population = forms.ChoiceField(label=_("Whom we listen to"), choices=Population.choices)
    quota = forms.IntegerField(label=_("People wanted"), min_value=1, max_value=500)
    moderator = forms.TypedChoiceField(label=_("Who moderates"), coerce=int, required=False, empty_value=None)
    day = forms.DateField(
        label=pgettext_lazy("session", "Day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    hour = forms.TimeField(label=_("At"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    ends_on = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("After it nobody can write any more; reading goes on."),
    )
    place = forms.CharField(label=pgettext_lazy("session", "Place"), max_length=160, required=False)
    outline = forms.ChoiceField(
        label=_("Begin with an outline"), required=False, help_text=_("Its parts can all be changed afterwards.")
    )

    def __init__(self, *args: Any, instrument: str, is_new: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.instrument = instrument
        gone = {"hour", "place"} if instrument == Instrument.COMMUNITY else {"ends_on"}
        for name in gone if is_new else {*gone, "outline"}:
            del self.fields[name]
        if "ends_on" in self.fields:
            self.fields["ends_on"].required = True
            self.fields["day"].label = _("First day")

    def data_of_session(self) -> SessionData:
        """Return what was written."""
        data = self.cleaned_data
        zone = tree().time_zone(data["unit"])
        return SessionData(
            instrument=self.instrument,
            title=data["title"],
            aim=data["aim"],
            touchpoint_id=data["touchpoint"],
            plan_id=data["plan"],
            population=data["population"],
            quota=data["quota"],
            moderator_id=data["moderator"],
            starts_at=datetime.combine(data["day"], data.get("hour") or time(), tzinfo=zone),
            ends_on=data.get("ends_on"),
            place=data.get("place", ""),
        )


class BlockForm(Chosen):
    """A part of an outline, or a prompt."""

    name_it = forms.CharField(label=_("Title in Italian"), max_length=160)
    name_en = forms.CharField(label=_("Title in English"), max_length=160, required=False)
    text_it = forms.CharField(
        label=_("Questions in Italian"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    text_en = forms.CharField(
        label=_("Questions in English"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    minutes = forms.IntegerField(label=pgettext_lazy("session", "Minutes"), min_value=0, max_value=480, initial=10)
    day = forms.DateField(label=_("Published on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    touchpoint = forms.TypedChoiceField(label=_("Touchpoint"), coerce=int, required=False, empty_value=None)

    def __init__(self, *args: Any, is_community: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        del self.fields["minutes" if is_community else "day"]

    def data_of_block(self) -> BlockData:
        """Return what was written."""
        data = self.cleaned_data
        return BlockData(
            name_it=data["name_it"],
            name_en=data["name_en"],
            text_it=data["text_it"],
            text_en=data["text_en"],
            minutes=data.get("minutes") or 0,
            day=data.get("day"),
            touchpoint_id=data["touchpoint"],
        )


@require_safe
@access(SEE_RESULTS)
def page(request: StaffRequest) -> HttpResponse:
    """List the sessions, those still to come first."""
    instrument = request.GET.get("instrument", "")
    instrument = instrument if instrument in dict(KIND_CHOICES) else ""
    rows = session_rows(actor=request.actor, now=request.received_at, instrument=instrument)
    context = {
        "rows": rows,
        "coming": [row for row in rows if row.is_open],
        "past": [row for row in rows if not row.is_open],
        "instrument": instrument,
        "kinds": KIND_CHOICES,
        "may_manage": may(request.actor, MANAGE_LISTENING),
    }
    return render(request, "listening/sessions.html", context)


@require_safe
@access(SEE_RESULTS, personal=True)
def session(request: StaffRequest, session_id: int) -> HttpResponse:
    """Show one session: what for, its outline, who comes."""
    row = session_row(session_id, actor=request.actor, now=request.received_at)
    query = request.GET.get("q", "").strip()[:100]
    may_search = row.may_edit and row.is_open and may(request.actor, SEE_PARTICIPANTS, row.session.unit_id)
    people = participants_of(row.session, by_name=row.sees_names)
    context = {
        "row": row,
        "one": row.session,
        "here": "plan",
        "people": people,
        "waiting": sum(one.row.state == ParticipantState.LISTED and one.row.invited_at is None for one in people),
        "outline": prompts_of(row.session, now=request.received_at) if row.is_community else outline_of(row.session),
        "q": query,
        "found": customers.search(query, limit=FOUND) if query and may_search else [],
        "may_search": may_search,
        "states": [(key, label) for key, label in ParticipantState.choices if key != ParticipantState.LISTED],
        "languages": Language.choices,
        "participation": participation_in(row.session, now=request.received_at, by_name=row.sees_names)
        if row.is_community
        else None,
    }
    return render(request, "listening/session.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@access(MANAGE_LISTENING)
def edit(request: StaffRequest, session_id: int | None = None) -> HttpResponse:
    """Plan a session, or change it."""
    row: Session | None = Session.objects.find(session_id) if session_id else None
    plan = ListeningPlan.objects.filter(pk=row_id(request.GET.get("plan"))).first()
    asked = request.GET.get("instrument", "") or (plan.instrument if plan else "")
    instrument = row.instrument if row else asked if asked in dict(KIND_CHOICES) else Instrument.FOCUS.value
    units = [tree().unit(row.unit_id)] if row else units_of(request)
    ready = [one for one in outlines().values() if one.instrument == instrument]
    form = SessionForm(
        request.POST if request.method == "POST" else None,
        instrument=instrument,
        is_new=row is None,
        choices={
            "unit": unit_choices(units),
            "touchpoint": touchpoint_choices(),
            "plan": [("", "—"), *_plans(row)],
            "moderator": [("", "—"), *_people(units[0].pk, row, timezone.localdate(request.received_at))],
            **(
                {"outline": [*((one.key, local_name(one)) for one in ready), ("", str(_("None: I write my own")))]}
                if row is None
                else {}
            ),
        },
        initial=_initial(request, row, plan, units[0].pk, ready),
    )

    def act() -> int:
        saved = services.save_session(
            session_id=session_id,
            unit_id=form.cleaned_data["unit"],
            data=form.data_of_session(),
            outline=form.cleaned_data.get("outline", ""),
            by=request.actor,
            now=request.received_at,
        )
        return int(saved.pk)

    if request.method == "POST" and form.is_valid():
        saved_id = once(request, door="listening.session", act=act)
        messages.success(request, str(_("The session was saved.")))
        return redirect("listening:session", saved_id)
    context = {
        "form": form,
        "one": row,
        "instrument": instrument,
        "kinds": KIND_CHOICES,
        "kind": Instrument(instrument).label,
        "back": reverse("listening:session", args=[row.pk]) if row else reverse("listening:sessions"),
    }
    return render(request, "listening/session_form.html", context, status=422 if form.errors else 200)


@require_POST
@access(MANAGE_LISTENING)
def set_state(request: StaffRequest, session_id: int) -> HttpResponse:
    """Say that a session was held or cancelled, or take it up again."""
    services.set_session_state(
        session_id=session_id, state=request.POST.get("state", ""), by=request.actor, now=request.received_at
    )
    return redirect("listening:session", session_id)


@require_http_methods(["GET", "HEAD", "POST"])
@access(MANAGE_LISTENING)
def edit_block(request: StaffRequest, session_id: int, block_id: int | None = None) -> HttpResponse:
    """Write a part of an outline, or change it."""
    one = Session.objects.find(session_id)
    block = SessionBlock.objects.filter(session=one).find(block_id) if block_id else None
    is_community = one.ends_on is not None
    initial: dict[str, Any] = {"day": first_day(one)}
    if block is not None:
        initial = {name: getattr(block, name) for name in BlockData.__dataclass_fields__}
        initial["touchpoint"] = block.touchpoint_id
    form = BlockForm(
        request.POST if request.method == "POST" else None,
        is_community=is_community,
        choices={"touchpoint": [("", str(_("That of the session"))), *touchpoint_choices()]},
        initial=initial,
    )

    def act() -> int:
        saved = services.save_block(
            session_id=session_id,
            block_id=block_id,
            data=form.data_of_block(),
            by=request.actor,
            now=request.received_at,
        )
        return int(saved.pk)

    back = reverse("listening:session", args=[session_id])
    return form_page(
        request,
        form,
        act=act,
        done=_("The outline was saved."),
        back=back,
        title=_("Prompt") if is_community else _("Part of the outline"),
        trail=[(reverse("listening:sessions"), _("Sessions")), (back, one.title)],
        remove=reverse("listening:remove_block", args=[block.pk]) if block else "",
    )


@require_POST
@access(MANAGE_LISTENING)
def move_block(request: StaffRequest, block_id: int) -> HttpResponse:
    """Put a part of an outline at another place."""
    to = row_id(request.POST.get("place"))
    block = services.move_block(block_id=block_id, to=min(to or 0, 1000), by=request.actor, now=request.received_at)
    return redirect(f"{reverse('listening:session', args=[block.session_id])}#block-{block.pk}")


@require_POST
@access(MANAGE_LISTENING)
def remove_block(request: StaffRequest, block_id: int) -> HttpResponse:
    """Take a part out of an outline."""
    one = services.remove_block(block_id=block_id, by=request.actor, now=request.received_at)
    messages.success(request, str(_("The part was taken out.")))
    return redirect("listening:session", one.pk)


@require_POST
@access(MANAGE_LISTENING)
def add_participant(request: StaffRequest, session_id: int) -> HttpResponse:
    """Put a customer or a guest on the list."""
    customer_id = row_id(request.POST.get("customer"))

    def act() -> int:
        if customer_id is not None:
            added = services.add_customer(
                session_id=session_id, customer_id=customer_id, by=request.actor, now=request.received_at
            )
        else:
            added = services.add_guest(
                session_id=session_id, data=_guest(request), by=request.actor, now=request.received_at
            )
        return int(added.pk)

    once(request, door="listening.add_participant", act=act)
    messages.success(request, str(_("Added to the list. Nobody was written to yet.")))
    return redirect(f"{reverse('listening:session', args=[session_id])}#people")


def _guest(request: StaffRequest) -> GuestData:
    form = GuestForm(request.POST)
    if not form.is_valid():
        raise services.GuestIncomplete
    return GuestData(**form.cleaned_data)


class GuestForm(forms.Form):
    """Somebody who is no customer."""

    name = forms.CharField(max_length=120)
    email = forms.EmailField(max_length=254, required=False)
    language = forms.ChoiceField(choices=Language.choices)
    agreed = forms.BooleanField(required=False)


@require_POST
@access(MANAGE_LISTENING)
def invite(request: StaffRequest, session_id: int) -> HttpResponse:
    """Write to everybody who was not written to yet."""
    found = services.invite_participants(session_id=session_id, by=request.actor, now=request.received_at)
    told = _("Invited: %(sent)s. Not written to: %(held)s; the reason stands beside each of them.")
    messages.success(request, str(told) % {"sent": found.sent, "held": found.held_back})
    return redirect(f"{reverse('listening:session', args=[session_id])}#people")


@require_POST
@access(MANAGE_LISTENING)
def set_participant(request: StaffRequest, participant_id: int) -> HttpResponse:
    """Say how far a participant is, or take them off the list."""
    if request.POST.get("state") == "remove":
        one = services.remove_participant(participant_id=participant_id, by=request.actor, now=request.received_at)
        session_id = one.pk
    else:
        changed = services.set_participant_state(
            participant_id=participant_id,
            state=request.POST.get("state", ""),
            by=request.actor,
            now=request.received_at,
        )
        session_id = changed.session_id
    return redirect(f"{reverse('listening:session', args=[session_id])}#people")


def _plans(row: Session | None) -> list[tuple[int, str]]:
    """Return the plans a session may belong to: not those that ended, but its own."""
    rows = ListeningPlan.objects.filter(instrument__in=[kind.value for kind in KINDS]).order_by("name", "pk")
    own = row.plan_id if row else None
    return [(plan.pk, plan.name) for plan in rows if plan.state != PlanState.ENDED or plan.pk == own]


def _people(unit_id: int, row: Session | None, today: date) -> list[tuple[int, str]]:
    """Return who may moderate: those who manage listening at the unit."""
    found = people_with_roles(unit_id, MANAGE_LISTENING.roles, today=today)
    if row is not None and row.moderator_id is not None and row.moderator_id not in {one.pk for one in found}:
        found = [*found, Person.objects.get(pk=row.moderator_id)]
    return [(one.pk, one.full_name) for one in found]


def _initial(
    request: StaffRequest, row: Session | None, plan: ListeningPlan | None, unit_id: int, ready: list[Outline]
) -> dict[str, Any]:
    if row is not None:
        local = row.starts_at.astimezone(tree().time_zone(row.unit_id))
        initial = {name: getattr(row, name) for name in SessionData.__dataclass_fields__ if not name.endswith("_id")}
        return initial | {
            "unit": row.unit_id,
            "touchpoint": row.touchpoint_id,
            "plan": row.plan_id,
            "moderator": row.moderator_id,
            "day": local.date(),
            "hour": local.time(),
        }
    first = ready[0] if ready else None
    return {
        "unit": unit_id,
        "plan": plan.pk if plan else None,
        "touchpoint": plan.touchpoint_id if plan else row_id(request.GET.get("touchpoint")),
        "aim": plan.aim if plan else "",
        "population": plan.population if plan else (first.population if first else Population.RETAIL),
        "quota": first.quota if first else 8,
        "moderator": request.actor.id,
        "day": timezone.localdate(request.received_at),
        "hour": time(18),
        "outline": first.key if first else "",
    }
