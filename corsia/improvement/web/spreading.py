"""Golden rules, good practices and their adoption, change agents, the plan of the culture."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corsia.cases.models import Case
from corsia.improvement.models import Action, Practice
from corsia.improvement.permissions import LEAD_IMPROVEMENT, SEE_IMPROVEMENT
from corsia.improvement.queries.authority import actions_of, leads, spreads_in, units_to_spread
from corsia.improvement.queries.people import candidates
from corsia.improvement.queries.spreading import (
    adopters,
    adoption_lines,
    agents,
    culture_lines,
    draft_rules,
    practice_lines,
    published_rules,
)
from corsia.improvement.services import spreading as services
from corsia.improvement.vocabulary import ActionState, Outcome
from corsia.improvement.web.forms import (
    AdoptForm,
    AgentForm,
    CultureForm,
    GroupRuleForm,
    JudgeForm,
    PracticeForm,
    ReachedForm,
    RuleForm,
    people_choices,
)
from corsia.improvement.web.places import led_units, nav, process_choices
from corsia.kernel.access import access
from corsia.kernel.errors import NotAllowed
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.once import once
from corsia.knowledge.models import Playbook
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import UnitKind
from corsia.ui.forms import accepted, told_in


@require_http_methods(["GET", "POST"])
@access(SEE_IMPROVEMENT)
def rules(request: StaffRequest) -> HttpResponse:
    """Read the golden rules; leaders and groups write new ones."""
    units = led_units(request)
    group_id = row_id(request.POST.get("group"))
    form: Any = None
    if request.method == "POST" and group_id is not None:
        given = accepted(GroupRuleForm(request.POST))
        _write_rule(request, group_id=group_id, **given)
        return redirect("improvement:meeting", group_id, 4)
    if units:
        form = RuleForm(request.POST if request.method == "POST" else None, initial={"unit": units[0][0]})
        form.offer(unit=units, process_key=process_choices(units[0][0], empty=_("Every process")))
    if request.method == "POST":
        if form is None:
            raise NotAllowed(right=LEAD_IMPROVEMENT.name)
        if form.is_valid():
            given = dict(form.cleaned_data)
            _write_rule(request, unit_id=given.pop("unit"), **given)
            return redirect("improvement:rules")
    places = tree()
    published = published_rules()
    shown = [(rule, places.label(rule.unit_id), leads(request.actor, rule.unit_id)) for rule in published]
    drafts = [
        (rule, places.label(rule.unit_id), leads(request.actor, rule.unit_id)) for rule in draft_rules(request.actor)
    ]
    context = nav(request) | {"rules": shown, "drafts": drafts, "form": form}
    status = 422 if form is not None and form.errors else 200
    return render(request, "improvement/rules.html", context, status=status)


def _write_rule(request: StaffRequest, *, unit_id: int = 0, group_id: int | None = None, **given: Any) -> None:
    def write() -> int:
        return services.write_rule(
            unit_id=unit_id, group_id=group_id, **given, by=request.actor, now=request.received_at
        ).pk

    once(request, door="improvement.rule", act=write)


@require_POST
@access(LEAD_IMPROVEMENT)
def publish_rule(request: StaffRequest, rule_id: int) -> HttpResponse:
    """Publish a golden rule."""
    services.publish_rule(rule_id=rule_id, by=request.actor, now=request.received_at)
    messages.success(request, _("Published: everybody of the unit reads it, in the playbooks too."))
    return redirect("improvement:rules")


@require_POST
@access(LEAD_IMPROVEMENT)
def retire_rule(request: StaffRequest, rule_id: int) -> HttpResponse:
    """Let a golden rule hold no more."""
    services.retire_rule(rule_id=rule_id, by=request.actor, now=request.received_at)
    return redirect("improvement:rules")


@require_safe
@access(SEE_IMPROVEMENT)
def playbook_panel(request: StaffRequest, playbook_id: int) -> HttpResponse:
    """Show in a playbook the golden rules that hold for its process."""
    playbook: Playbook = Playbook.objects.find(playbook_id)
    found = published_rules(unit_id=playbook.unit_id, process_key=playbook.process_key)
    return render(request, "improvement/_rules_panel.html", {"rules": found})


@require_safe
@access(SEE_IMPROVEMENT)
def case_panel(request: StaffRequest, case_id: int) -> HttpResponse:
    """Show beside a case the golden rules that hold for it where it is worked on."""
    case: Case = Case.objects.select_related("version__process").find(case_id)
    found = published_rules(unit_id=case.unit_id, process_key=case.version.process.key)
    return render(request, "improvement/_rules_panel.html", {"rules": found})


@require_safe
@access(SEE_IMPROVEMENT)
def practices(request: StaffRequest) -> HttpResponse:
    """List good practices with how far each went, and the change agents."""
    units = led_units(request)
    form = AgentForm()
    if units:
        people = candidates(units[0][0], today=timezone.localdate(request.received_at))
        form.offer(unit=units, person=people_choices(people))
    places = tree()
    context = nav(request) | {
        "lines": practice_lines(),
        "agents": [(agent, places.label(agent.unit_id), leads(request.actor, agent.unit_id)) for agent in agents()],
        "agent_form": form,
        "may_publish": bool(_origins(request)),
    }
    return render(request, "improvement/practices.html", context)


@require_http_methods(["GET", "POST"])
@access(SEE_IMPROVEMENT)
def new_practice(request: StaffRequest) -> HttpResponse:
    """Publish a good practice."""
    origins = _origins(request)
    if not origins:
        raise NotAllowed(right=LEAD_IMPROVEMENT.name)
    action: Action | None = actions_of(request.actor).filter(pk=row_id(request.GET.get("action")) or 0).first()
    initial = {"title": action.title, "what": action.description, "action": action.pk} if action else {}
    form = PracticeForm(request.POST if request.method == "POST" else None, initial=initial)
    done = actions_of(request.actor).filter(state=ActionState.DONE).order_by("-ended_at", "-pk")[:100]
    form.offer(origin=origins, action=[("", _("None")), *((one.pk, one.title) for one in done)])
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        with told_in(form):

            def publish() -> int:
                return services.publish_practice(
                    origin_id=given["origin"],
                    action_id=given["action"],
                    title=given["title"],
                    what=given["what"],
                    how=given["how"],
                    result=given["result"],
                    by=request.actor,
                    now=request.received_at,
                ).pk

            return redirect("improvement:practice", once(request, door="improvement.practice", act=publish))
    context = nav(request) | {"form": form}
    return render(request, "improvement/practice_new.html", context, status=422 if form.errors else 200)


@require_safe
@access(SEE_IMPROVEMENT)
def practice(request: StaffRequest, practice_id: int) -> HttpResponse:
    """Show a practice and what came of it in each branch."""
    row: Practice = Practice.objects.select_related("published_by", "action").find(practice_id)
    lines = adoption_lines(row)
    mine = set(units_to_spread(request.actor, [line.unit.pk for line in lines]))
    free = [(line.unit.pk, line.unit.name) for line in lines if line.adoption is None and line.unit.pk in mine]
    form = AdoptForm(initial={"on": timezone.localdate(request.received_at)})
    form.offer(unit=free)
    context = nav(request) | {
        "practice": row,
        "origin": tree().label(row.origin_id),
        "lines": [(line, line.unit.pk in mine) for line in lines],
        "adopted": sum(1 for line in lines if line.adoption),
        "works": sum(1 for line in lines if line.adoption and line.adoption.outcome == Outcome.WORKS),
        "form": form if free and row.retired_at is None else None,
        "judge_form": JudgeForm(),
        "may_retire": row.retired_at is None and spreads_in(request.actor, row.origin_id),
        "sees_action": row.action_id is not None and actions_of(request.actor).filter(pk=row.action_id).exists(),
    }
    return render(request, "improvement/practice.html", context)


@require_POST
@access(SEE_IMPROVEMENT)
def adopt(request: StaffRequest, practice_id: int) -> HttpResponse:
    """Take a practice over in a branch."""
    row: Practice = Practice.objects.find(practice_id)
    form = AdoptForm(request.POST)
    could = [unit.pk for unit in adopters(row)]
    form.offer(unit=[(pk, pk) for pk in units_to_spread(request.actor, could)])
    given = accepted(form)
    services.adopt(
        practice_id=practice_id, unit_id=given["unit"], on=given["on"], by=request.actor, now=request.received_at
    )
    messages.success(request, _("Taken over. Say later what came of it."))
    return redirect("improvement:practice", practice_id)


@require_POST
@access(SEE_IMPROVEMENT)
def judge(request: StaffRequest, adoption_id: int) -> HttpResponse:
    """Say what came of a practice in a branch."""
    given = accepted(JudgeForm(request.POST))
    adoption = services.judge_adoption(adoption_id=adoption_id, **given, by=request.actor, now=request.received_at)
    return redirect("improvement:practice", adoption.practice_id)


@require_POST
@access(SEE_IMPROVEMENT)
def retire_practice(request: StaffRequest, practice_id: int) -> HttpResponse:
    """Recommend a practice no more."""
    services.retire_practice(practice_id=practice_id, by=request.actor, now=request.received_at)
    return redirect("improvement:practices")


@require_POST
@access(LEAD_IMPROVEMENT)
def name_agent(request: StaffRequest) -> HttpResponse:
    """Make somebody change agent of a unit."""
    units = led_units(request)
    form = AgentForm(request.POST)
    unit_id = row_id(request.POST.get("unit"))
    here = next((pk for pk, _name in units if pk == unit_id), units[0][0])
    people = candidates(here, today=timezone.localdate(request.received_at))
    form.offer(unit=units, person=[(one.person.pk, one.person.full_name) for one in people])
    given = accepted(form)
    services.name_agent(unit_id=given["unit"], person_id=given["person"], by=request.actor, now=request.received_at)
    return redirect("improvement:practices")


@require_POST
@access(LEAD_IMPROVEMENT)
def end_agent(request: StaffRequest, agent_id: int) -> HttpResponse:
    """Somebody is change agent no more."""
    services.end_agent(agent_id=agent_id, by=request.actor, now=request.received_at)
    return redirect("improvement:practices")


@require_http_methods(["GET", "POST"])
@access(SEE_IMPROVEMENT)
def culture(request: StaffRequest) -> HttpResponse:
    """Read the plan of communication and training; leaders add to it."""
    units = led_units(request)
    form: Any = None
    if units:
        form = CultureForm(request.POST if request.method == "POST" else None, initial={"unit": units[0][0]})
        people = people_choices(candidates(units[0][0], today=timezone.localdate(request.received_at)))
        rows = actions_of(request.actor).exclude(state=ActionState.DROPPED).order_by("-created_at", "-pk")[:100]
        form.offer(
            unit=units,
            owner=[("", _("Nobody yet")), *people],
            action=[("", _("None")), *((one.pk, one.title) for one in rows)],
        )
    if request.method == "POST":
        if form is None:
            raise NotAllowed(right=LEAD_IMPROVEMENT.name)
        if form.is_valid():
            given = dict(form.cleaned_data)

            def plan() -> int:
                return services.plan_culture(
                    unit_id=given["unit"],
                    kind=given["kind"],
                    title=given["title"],
                    audience=given["audience"],
                    planned_on=given["planned_on"],
                    owner_id=given["owner"],
                    action_id=given["action"],
                    by=request.actor,
                    now=request.received_at,
                ).pk

            once(request, door="improvement.culture", act=plan)
            return redirect("improvement:culture")
    visible = set(actions_of(request.actor).values_list("pk", flat=True))
    lines = [
        (
            line,
            leads(request.actor, line.item.unit_id) or line.item.owner_id == request.actor.id,
            line.item.action_id in visible,
        )
        for line in culture_lines(today=timezone.localdate(request.received_at))
    ]
    context = nav(request) | {"lines": lines, "form": form, "reached_form": ReachedForm()}
    status = 422 if form is not None and form.errors else 200
    return render(request, "improvement/culture.html", context, status=status)


@require_POST
@access(SEE_IMPROVEMENT)
def finish_culture(request: StaffRequest, item_id: int) -> HttpResponse:
    """Say that something took place, and how many people it reached."""
    given = accepted(ReachedForm(request.POST))
    services.finish_culture(item_id=item_id, **given, by=request.actor, now=request.received_at)
    return redirect("improvement:culture")


def _origins(request: StaffRequest) -> list[tuple[int, str]]:
    """Return the units for which the person may publish a practice."""
    places = tree()
    wanted = [unit.pk for unit in places.units.values() if unit.is_active and unit.kind != UnitKind.TEAM]
    mine = units_to_spread(request.actor, wanted)
    return [(pk, places.label(pk)) for pk in sorted(mine, key=lambda pk: places.unit(pk).path)]
