"""The register: processes mapped, work without a process, and the button that proposes one from any case."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corsia.cases import services
from corsia.cases.models import Case, Process
from corsia.cases.permissions import MANAGE_PROCESSES, WORK_CASES
from corsia.cases.queries import register as queries
from corsia.cases.queries.definitions import processes_in_scope
from corsia.cases.services.register import ProposalDetails, may_steer
from corsia.cases.vocabulary import HowOften, ProposalState
from corsia.cases.web.answers import ask
from corsia.cases.web.desk import visible_units
from corsia.cases.web.forms import PlainForm
from corsia.kernel.access import access, may
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.once import once
from corsia.organisation.models import Person
from corsia.organisation.queries import tree

_PAINS = [
    (1, _("1 · a nuisance")),
    (2, _("2 · costs time")),
    (3, _("3 · costs a lot of time")),
    (4, _("4 · customers notice")),
    (5, _("5 · customers or money are lost")),
]


class ProposalForm(PlainForm):
    """Work that has no process."""

    title = forms.CharField(label=_("What is this work called?"), max_length=120)
    what = forms.CharField(
        label=_("What is done today, step by step?"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The whole group reads this: write about the work, without names of customers."),
    )
    often = forms.ChoiceField(label=_("How often?"), choices=HowOften, initial=HowOften.WEEKLY)
    pain = forms.TypedChoiceField(label=_("How bad is it?"), choices=_PAINS, coerce=int, initial=3)
    who = forms.CharField(label=_("Who does it?"), max_length=160, required=False)

    def details(self) -> ProposalDetails:
        return ProposalDetails(**self.cleaned_data)


@require_safe
@access(WORK_CASES)
def index(request: StaffRequest) -> HttpResponse:
    """Show the processes that are mapped, or the work that is not."""
    organisation = tree()
    tab = "work" if request.GET.get("tab") == "work" else "mapped"
    state = request.GET.get("state", "")
    state = state if state in ProposalState.values else ""
    counts = queries.state_counts()
    context: dict[str, Any] = {
        "tab": tab,
        "here": "register",
        "state": state,
        "states": [(value, label, counts[value]) for value, label in ProposalState.choices],
        "open_count": counts[ProposalState.PROPOSED] + counts[ProposalState.MAPPING],
        "may_manage": may(request.actor, MANAGE_PROCESSES),
    }
    if tab == "work":
        context["rows"] = queries.proposals(state=state, person_id=request.actor.id, organisation=organisation)
    else:
        context["rows"] = [
            (row, may(request.actor, MANAGE_PROCESSES, row.process.unit_id))
            for row in queries.mapped(organisation=organisation, now=request.received_at)
        ]
        context["people"] = queries.owners_for(unit.pk for unit in visible_units(organisation))
    return render(request, "cases/register.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@access(WORK_CASES)
def propose(request: StaffRequest) -> HttpResponse:
    """Propose a process for work that has none, from a case or from nowhere."""
    case_id = row_id(request.POST.get("case") or request.GET.get("case"))
    case: Case | None = Case.objects.find(case_id) if case_id is not None else None
    form = ProposalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():

        def act() -> int:
            done = services.propose_process(
                unit_id=visible_units(tree())[0].pk,
                details=form.details(),
                case_id=case_id,
                by=request.actor,
                now=request.received_at,
            )
            return done.pk

        proposal_id = once(request, door="cases.proposal", act=act)
        messages.success(request, gettext("It is in the register. You will be told when somebody takes care of it."))
        if request.htmx:
            return HttpResponse(status=204, headers={"HX-Redirect": reverse("cases:proposal", args=[proposal_id])})
        return redirect("cases:proposal", proposal_id)
    context = {"case": case, "form": form}
    return ask(request, "cases/_propose.html", context, status=422 if form.errors else 200)


@require_safe
@access(WORK_CASES)
def show(request: StaffRequest, proposal_id: int) -> HttpResponse:
    """Show one proposal, and to managers what they may do with it."""
    organisation = tree()
    row = queries.proposal_of(proposal_id, person_id=request.actor.id, organisation=organisation)
    proposal = row.proposal
    steers = may_steer(request.actor, proposal) and proposal.state != ProposalState.JOINED
    context = {
        "row": row,
        "proposal": proposal,
        "pain": dict(_PAINS)[proposal.pain],
        "case": Case.objects.filter(pk=proposal.case_id).first() if proposal.case_id else None,
        "may_steer": steers,
        "here": "register",
    }
    if steers:
        context |= {
            "people": queries.owners_for(unit.pk for unit in visible_units(organisation)),
            "processes": processes_in_scope(),
            "others": queries.others_to_join(proposal),
            "states": [one for one in ProposalState.choices if one[0] != ProposalState.JOINED],
        }
    return render(request, "cases/proposal.html", context)


@require_POST
@access(WORK_CASES)
def vote(request: StaffRequest, proposal_id: int) -> HttpResponse:
    """Say "it happens to me too", or take it back."""
    is_on = request.POST.get("is_on") == "1"
    services.vote(proposal_id=proposal_id, is_on=is_on, by=request.actor, now=request.received_at)
    if request.htmx:
        row = queries.proposal_of(proposal_id, person_id=request.actor.id, organisation=tree())
        return render(request, "cases/_vote.html", {"row": row})
    return redirect("cases:proposal", proposal_id)


@require_POST
@access(MANAGE_PROCESSES)
def steer(request: StaffRequest, proposal_id: int) -> HttpResponse:
    """Say where a proposal stands and who takes care of it."""
    services.steer_proposal(
        proposal_id=proposal_id,
        state=request.POST.get("state", ""),
        owner_id=_person(request.POST.get("owner")),
        process_id=row_id(request.POST.get("process")),
        reason=request.POST.get("reason", ""),
        by=request.actor,
        now=request.received_at,
    )
    messages.success(request, gettext("Saved. Whoever it concerns has been told."))
    return redirect("cases:proposal", proposal_id)


@require_POST
@access(MANAGE_PROCESSES)
def join(request: StaffRequest, proposal_id: int) -> HttpResponse:
    """Join a proposal with another one that means the same."""
    survivor = services.join_proposals(
        proposal_id=proposal_id,
        into_id=row_id(request.POST.get("into")) or 0,
        by=request.actor,
        now=request.received_at,
    )
    messages.success(request, gettext("Joined. The votes went along."))
    return redirect("cases:proposal", survivor.pk)


@require_POST
@access(MANAGE_PROCESSES)
def give_owner(request: StaffRequest, process_id: int) -> HttpResponse:
    """Say who answers for a process."""
    Process.objects.find(process_id)
    services.give_process_owner(
        process_id=process_id, person_id=_person(request.POST.get("owner")), by=request.actor, now=request.received_at
    )
    messages.success(request, gettext("Saved"))
    return redirect("cases:register")


def _person(text: object) -> int | None:
    """Return the person a form names, None for nobody.

    Raises:
        NotFound: they cannot be chosen here, so nobody is replaced by nobody.
    """
    wanted = row_id(text)
    if wanted is None:
        return None
    people = queries.owners_for(unit.pk for unit in visible_units(tree()))
    if wanted not in {person.pk for person in people}:
        raise NotFound(kind=Person._meta.label)
    return wanted
