"""Skills: the list, and one skill with the people who have it or could."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from corsia.kernel.access import access, may
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest, row_id
from corsia.organisation import services
from corsia.organisation.models import Skill
from corsia.organisation.permissions import MANAGE_PEOPLE, MANAGE_SKILLS
from corsia.organisation.queries import directory
from corsia.organisation.queries.skills import levels_of, skills_with_numbers
from corsia.organisation.queries.tree import tree
from corsia.organisation.web.forms import LEVELS, NewSkillForm, SkillNamesForm
from corsia.organisation.web.views import places, today_of, typed, visible_units


@access(MANAGE_PEOPLE)
def listing(request: StaffRequest) -> HttpResponse:
    """List the skills with how many people have them."""
    context = {
        "rows": skills_with_numbers(visible=visible_units()),
        "may_people": True,
        "may_manage": may(request.actor, MANAGE_SKILLS),
    }
    return render(request, "organisation/skills.html", context)


@access(MANAGE_SKILLS)
def add(request: StaffRequest) -> HttpResponse:
    """Make a skill."""
    form = NewSkillForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        skill = services.add_skill(by=request.actor, now=request.received_at, **form.cleaned_data)
        return redirect("organisation:skill", skill.pk)
    context = {"form": form, "title": _("New skill")}
    return render(request, "organisation/skill_form.html", context, status=422 if form.is_bound else 200)


@access(MANAGE_PEOPLE)
def show(request: StaffRequest, skill_id: int) -> HttpResponse:
    """Show a skill: its names, and the people of the visible units with their level, to be changed together."""
    skill = _skill(skill_id)
    return _page(request, skill, SkillNamesForm(initial=SkillNamesForm.initial_of(skill)))


@require_POST
@access(MANAGE_SKILLS)
def change(request: StaffRequest, skill_id: int) -> HttpResponse:
    """Rename a skill, retire it or take it up again."""
    form = SkillNamesForm(request.POST)
    if not form.is_valid():
        return _page(request, _skill(skill_id), form, status=422)
    services.change_skill(skill_id=skill_id, by=request.actor, now=request.received_at, **form.cleaned_data)
    messages.success(request, _("Saved"))
    return redirect("organisation:skill", skill_id)


@require_POST
@access(MANAGE_PEOPLE)
def give(request: StaffRequest, skill_id: int) -> HttpResponse:
    """Note a level for all the people who are ticked."""
    people = [row_id(value) for value in request.POST.getlist("people")]
    visible = visible_units()
    seen = [directory.visible_person(pk or 0, visible=visible, own_id=None).pk for pk in people]
    level = row_id(request.POST.get("level", "")) or 0
    count = services.give_skill(
        skill_id=skill_id,
        person_ids=seen,
        level=level,
        since=today_of(request),
        by=request.actor,
        now=request.received_at,
    )
    messages.success(
        request, ngettext("%(count)s person changed", "%(count)s people changed", count) % {"count": count}
    )
    return redirect(f"{reverse('organisation:skill', args=[skill_id])}?{request.GET.urlencode()}".rstrip("?"))


def _page(request: StaffRequest, skill: Skill, form: SkillNamesForm, *, status: int = 200) -> HttpResponse:
    unit = tree().units.get(row_id(request.GET.get("unit", "")) or 0)
    having = request.GET.get("having", "")
    page = directory.listed_people(
        visible=visible_units(),
        today=today_of(request),
        now=request.received_at,
        query=typed(request, "q"),
        unit_path=unit.path if unit else "",
        after=typed(request, "after", most=200),
        skill_id=skill.pk if having in ("with", "without") else None,
        has_skill=having == "with",
    )
    levels = levels_of(skill.pk, person_ids=[row.person.pk for row in page.rows])
    context = {
        "skill": skill,
        "form": form,
        "page": page,
        "rows": [(row, levels.get(row.person.pk, 0)) for row in page.rows],
        "levels": [(value, label) for value, label in LEVELS if skill.is_active or not value],
        "names": dict(LEVELS),
        "query": typed(request, "q"),
        "unit": unit,
        "units": places(request, MANAGE_PEOPLE),
        "having": having,
        "may_manage": may(request.actor, MANAGE_SKILLS),
    }
    return render(request, "organisation/skill.html", context, status=status)


def _skill(skill_id: int) -> Skill:
    skill = Skill.objects.filter(pk=skill_id).first()
    if skill is None:
        raise NotFound(kind=Skill._meta.label)
    return skill
