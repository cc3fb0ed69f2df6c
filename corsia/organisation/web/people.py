"""The list of people and a person's page with its forms."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from corsia.kernel.access import access, may
from corsia.kernel.audit import audit
from corsia.kernel.http import StaffRequest, row_id
from corsia.organisation import services
from corsia.organisation.models import Membership, Person
from corsia.organisation.permissions import MANAGE_PEOPLE, SEE_ORGANISATION
from corsia.organisation.queries import directory
from corsia.organisation.queries.chart import folded, says
from corsia.organisation.queries.tree import tree
from corsia.organisation.services.people import changeable_person, manages, may_change
from corsia.organisation.vocabulary import Role
from corsia.organisation.web.forms import AbsenceForm, PersonForm, RoleForm, SkillForm
from corsia.organisation.web.views import places, today_of, typed, visible_units
from corsia.ui.forms import told_in

PALETTE = 4  # people, and as many units


@access(SEE_ORGANISATION, personal=True)
def listing(request: StaffRequest) -> HttpResponse:
    """List the people of the visible units; htmx gets the lines alone, or the next page of them."""
    wanted = request.GET.get("unit", "")
    unit = tree().units.get(row_id(wanted) or 0)
    role = request.GET.get("role", "")
    page = directory.listed_people(
        visible=visible_units(),
        today=today_of(request),
        now=request.received_at,
        query=typed(request, "q"),
        role=role if role in Role.values else "",
        unit_path=unit.path if unit else "",
        after=typed(request, "after", most=200),
        with_inactive="all" in request.GET,
    )
    context = {
        "page": page,
        "query": typed(request, "q"),
        "role": role,
        "unit": unit,
        "with_inactive": "all" in request.GET,
        "roles": Role.choices,
        "units": places(request, SEE_ORGANISATION),
        "may_manage": may(request.actor, MANAGE_PEOPLE),
        "may_people": may(request.actor, MANAGE_PEOPLE),
    }
    is_part = request.htmx and not request.htmx.history_restore_request
    response = render(request, "organisation/_people.html" if is_part else "organisation/people.html", context)
    response.headers["Vary"] = "HX-Request"
    return response


@access(SEE_ORGANISATION)
def palette(request: StaffRequest) -> HttpResponse:
    """List the people and units that a search in the palette means."""
    query, visible = typed(request, "q"), visible_units()
    page = directory.listed_people(
        visible=visible, today=today_of(request), now=request.received_at, query=query, limit=PALETTE
    )
    words = folded(query).split()
    whole = tree()
    units = [unit for unit in whole.units.values() if unit.pk in visible and says(words, unit.name, unit.city)][
        :PALETTE
    ]
    places_of = [(unit, whole.label(unit.pk)) for unit in units]
    return render(request, "organisation/_palette.html", {"rows": page.rows, "units": places_of})


@access(SEE_ORGANISATION, personal=True)
def show(request: StaffRequest, person_id: int) -> HttpResponse:
    """Show a person: roles over time, skills, absences, and for their managers the forms."""
    return _page(request, _seen(request, person_id))


@access(MANAGE_PEOPLE)
def add(request: StaffRequest) -> HttpResponse:
    """Take somebody on, with a first role."""
    units = places(request, MANAGE_PEOPLE)
    form = PersonForm(request.POST or None)
    role_form = RoleForm(
        request.POST or None,
        units=units,
        initial={"since": today_of(request), "unit": request.GET.get("unit"), "role": Role.AGENT},
    )
    del form.fields["is_active"]
    if request.method == "POST" and form.is_valid() and role_form.is_valid():
        chosen = role_form.cleaned_data
        with told_in(form):
            person = services.add_person(
                details=form.details(),
                unit_id=chosen["unit"],
                role=chosen["role"],
                since=chosen["since"],
                by=request.actor,
                now=request.received_at,
            )
            return redirect("organisation:person", person.pk)
    context = {"form": form, "role_form": role_form, "title": _("New person")}
    return render(request, "organisation/person_form.html", context, status=422 if form.is_bound else 200)


@access(MANAGE_PEOPLE)
def edit(request: StaffRequest, person_id: int) -> HttpResponse:
    """Correct a person's details."""
    person = changeable_person(_seen(request, person_id).pk, by=request.actor)
    form = PersonForm(request.POST or None, initial=PersonForm.initial_of(person))
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            services.change_person(
                person_id=person.pk,
                details=form.details(),
                is_active=form.cleaned_data["is_active"],
                by=request.actor,
                now=request.received_at,
            )
            return redirect("organisation:person", person.pk)
    context = {"form": form, "person": person, "title": person.full_name}
    return render(request, "organisation/person_form.html", context, status=422 if form.is_bound else 200)


@require_POST
@access(MANAGE_PEOPLE)
def give_role(request: StaffRequest, person_id: int) -> HttpResponse:
    """Give a person a role in a unit."""
    person = _seen(request, person_id)
    form = RoleForm(request.POST, units=places(request, MANAGE_PEOPLE))
    if not form.is_valid():
        return _page(request, person, role_form=form, status=422)
    chosen = form.cleaned_data
    services.give_role(
        person_id=person.pk,
        unit_id=chosen["unit"],
        role=chosen["role"],
        since=chosen["since"],
        by=request.actor,
        now=request.received_at,
    )
    return redirect("organisation:person", person.pk)


@require_POST
@access(MANAGE_PEOPLE)
def end_role(request: StaffRequest, membership_id: int) -> HttpResponse:
    """End a role today."""
    held = Membership.objects.filter(pk=membership_id, unit_id__in=visible_units()).first()
    on = today_of(request, held.unit_id if held else None)
    services.end_role(membership_id=held.pk if held else 0, on=on, by=request.actor, now=request.received_at)
    return redirect("organisation:person", held.person_id if held else 0)


@require_POST
@access(MANAGE_PEOPLE)
def set_skill(request: StaffRequest, person_id: int) -> HttpResponse:
    """Note a skill, or take it away."""
    person = _seen(request, person_id)
    form = SkillForm(request.POST)
    if not form.is_valid():
        return _page(request, person, skill_form=form, status=422)
    services.set_skill(
        person_id=person.pk,
        skill_id=form.cleaned_data["skill"].pk,
        level=form.cleaned_data["level"],
        since=today_of(request),
        by=request.actor,
        now=request.received_at,
    )
    return redirect("organisation:person", person.pk)


@require_POST
@access(None)
def add_absence(request: StaffRequest, person_id: int) -> HttpResponse:
    """Note an absence of one's own, or of somebody one manages; the times are those of their unit's clock."""
    person = _seen(request, person_id)
    with timezone.override(zone_of(person.pk)):
        form = AbsenceForm(request.POST)
        is_valid = form.is_valid()
    if not is_valid:
        return _page(request, person, absence_form=form, status=422)
    services.add_absence(person_id=person.pk, by=request.actor, now=request.received_at, **form.cleaned_data)
    return _back(request, person.pk)


@require_POST
@access(None)
def remove_absence(request: StaffRequest, absence_id: int) -> HttpResponse:
    """Take an absence back."""
    person_id = services.remove_absence(absence_id=absence_id, by=request.actor, now=request.received_at)
    return _back(request, person_id)


@require_POST
@access(MANAGE_PEOPLE, personal=True)
def password_link(request: StaffRequest, person_id: int) -> HttpResponse:
    """Make the link by which a person chooses a password, for their manager to hand over."""
    person = changeable_person(_seen(request, person_id).pk, by=request.actor)
    key = f"{user_pk_to_url_str(person)}-{default_token_generator.make_token(person)}"
    path = reverse("account_reset_password_from_key", args=key.split("-", 1))
    audit(person, "password_link_made", by=request.actor, now=request.received_at)
    return _page(request, person, link=request.build_absolute_uri(path))


def _page(request: StaffRequest, person: Person, *, status: int = 200, **extra: object) -> HttpResponse:
    is_manager = manages(request.actor, person.pk)
    today = today_of(request)
    context = {
        "person": person,
        "today": today,
        "roles": directory.roles_of(person.pk),
        "skills": directory.skills_of(person.pk),
        "is_manager": is_manager,
        "is_self": person.pk == request.actor.id,
        "may_change": is_manager and may_change(request.actor, person.pk),
        "zone": zone_of(person.pk),
        "visible": visible_units(),
        "absences": directory.coming_absences(person.pk, now=request.received_at),
        "absence_form": AbsenceForm(),
        "role_form": RoleForm(units=places(request, MANAGE_PEOPLE), initial={"since": today}) if is_manager else None,
        "skill_form": SkillForm() if is_manager else None,
    } | extra
    return render(request, "organisation/person.html", context, status=status)


def _seen(request: StaffRequest, person_id: int) -> Person:
    return directory.visible_person(person_id, visible=visible_units(), own_id=request.actor.id)


def zone_of(person_id: int) -> str:
    """Return the time zone of the unit a person works in: the clock on which their absences are entered."""
    held = directory.roles_of(person_id)
    return tree().time_zone_name(held[0].membership.unit_id) if held else timezone.get_default_timezone_name()


def _back(request: StaffRequest, person_id: int) -> HttpResponse:
    return (
        redirect("organisation:me") if request.POST.get("from") == "me" else redirect("organisation:person", person_id)
    )
