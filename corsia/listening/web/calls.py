"""Interviews on the phone, as one of us makes them: the calls that wait, and the screen during a call."""

from datetime import datetime

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from corsia.kernel.access import access, may
from corsia.kernel.http import StaffRequest
from corsia.listening import services
from corsia.listening.permissions import INTERVIEW, SEE_RESULTS
from corsia.listening.queries.operator_calls import END, call_desk, call_screen
from corsia.listening.rules.questionnaires import Problem
from corsia.listening.services.operator_calls import BEGUN, FARTHEST, REACHED, UNREACHED
from corsia.listening.vocabulary import InterviewOutcome
from corsia.ui.forms import accepted

_PROBLEMS = {
    Problem.REQUIRED: gettext_lazy("This question needs an answer. If they give none, end the interview."),
    Problem.NOT_ON_SCALE: gettext_lazy("Choose one of the numbers."),
    Problem.NOT_OFFERED: gettext_lazy("Choose one of the answers."),
    Problem.TOO_LONG: gettext_lazy("This is too long: write down what matters in 4,000 characters."),
    Problem.NO_DATE: gettext_lazy("Write the day as day, month and year."),
}
_WHAT_FOLLOWS = {
    InterviewOutcome.NO_ANSWER: gettext_lazy("Called again at another time of day"),
    InterviewOutcome.BUSY: gettext_lazy("Called again at another time of day"),
    InterviewOutcome.MACHINE: gettext_lazy("Called again at another time of day"),
    InterviewOutcome.WRONG: gettext_lazy("This number is not used any more"),
    InterviewOutcome.LATER: gettext_lazy("Comes back at the time they name"),
    InterviewOutcome.DECLINED: gettext_lazy("No more surveys, by any way"),
    InterviewOutcome.LANGUAGE: gettext_lazy("Not called again"),
    InterviewOutcome.GONE: gettext_lazy("Marked as having sold the car"),
    InterviewOutcome.DECEASED: gettext_lazy("Marked as deceased: no message any more"),
    InterviewOutcome.DONE: gettext_lazy("All answers count"),
    InterviewOutcome.PARTIAL: gettext_lazy("What was answered counts"),
}
_ICONS = {
    InterviewOutcome.NO_ANSWER: "phone-off",
    InterviewOutcome.BUSY: "phone-pause",
    InterviewOutcome.MACHINE: "microphone",
    InterviewOutcome.WRONG: "phone-x",
    InterviewOutcome.LATER: "clock",
    InterviewOutcome.DECLINED: "hand-stop",
    InterviewOutcome.LANGUAGE: "language",
    InterviewOutcome.GONE: "car-off",
    InterviewOutcome.DECEASED: "user-off",
    InterviewOutcome.DONE: "check",
    InterviewOutcome.PARTIAL: "player-stop",
}


class EndForm(forms.Form):
    """How a call ended."""

    outcome = forms.ChoiceField(label=pgettext_lazy("calls", "How it ended"), choices=InterviewOutcome)
    note = forms.CharField(label=gettext_lazy("Note for the next call"), max_length=300, required=False)
    day = forms.DateField(label=gettext_lazy("Day"), required=False)
    hour = forms.TimeField(label=gettext_lazy("Hour"), required=False)
    contact = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1)

    @property
    def call_at(self) -> datetime | None:
        """The time that the customer named, on the clock of whoever called."""
        day, hour = self.cleaned_data.get("day"), self.cleaned_data.get("hour")
        return timezone.make_aware(datetime.combine(day, hour)) if day and hour else None


@require_safe
@access(INTERVIEW, personal=True)
def page(request: StaffRequest) -> HttpResponse:
    """Show how many calls wait, those of today, and how far each plan is."""
    context = {
        "desk": call_desk(person_id=request.actor.id, now=request.received_at),
        "may_see": may(request.actor, SEE_RESULTS),
    }
    return render(request, "listening/calls.html", context)


@require_POST
@access(INTERVIEW, personal=True)
def take(request: StaffRequest) -> HttpResponse:
    """Take the next call."""
    call = services.next_call(by=request.actor, now=request.received_at)
    if call is None:
        messages.info(request, _("Nobody is to be called now. Those who wait for their time are shown below."))
        return redirect("listening:calls")
    return redirect("listening:call", call.pk)


@require_safe
@access(INTERVIEW, personal=True)
def call(request: StaffRequest, interview_id: int) -> HttpResponse:
    """Show a call: who is called, what is asked."""
    return _screen(request, interview_id, item=request.GET.get("q", ""))


@require_POST
@access(INTERVIEW, personal=True)
def dialled(request: StaffRequest, interview_id: int) -> HttpResponse:
    """Write down that it rings."""
    made = services.note_dialled(interview_id=interview_id, by=request.actor, now=request.received_at)
    if made.placed_at is None:
        messages.warning(request, _("This customer may not be called now: the call went back to the list."))
        return _away(request)
    return _onwards(request, interview_id)


@require_POST
@access(INTERVIEW, personal=True)
def agree(request: StaffRequest, interview_id: int) -> HttpResponse:
    """Begin with the questions: they heard the statement and agreed."""
    services.agree(interview_id=interview_id, by=request.actor, now=request.received_at)
    return _onwards(request, interview_id)


@require_POST
@access(INTERVIEW, personal=True)
def answer(request: StaffRequest, interview_id: int) -> HttpResponse:
    """Keep an answer and go on."""
    said = services.take_answer(
        interview_id=interview_id,
        item=request.POST.get("item", ""),
        values=request.POST.getlist("value"),
        by=request.actor,
        now=request.received_at,
    )
    if said.problem is not None:
        return _screen(request, interview_id, item=said.following, problem=said.problem, status=422)
    return _onwards(request, interview_id, item=said.following or END)


@require_POST
@access(INTERVIEW, personal=True)
def speak(request: StaffRequest, interview_id: int) -> HttpResponse:
    """Go on in another language."""
    services.speak(
        interview_id=interview_id,
        language=request.POST.get("language", ""),
        by=request.actor,
        now=request.received_at,
    )
    return _onwards(request, interview_id, item=request.POST.get("q", ""))


@require_POST
@access(INTERVIEW, personal=True)
def end(request: StaffRequest, interview_id: int) -> HttpResponse:
    """Say how a call ended."""
    form = EndForm(request.POST)
    data = accepted(form)
    ended = services.end_call(
        interview_id=interview_id,
        outcome=data["outcome"],
        note=data["note"],
        call_at=form.call_at,
        contact_id=data["contact"],
        by=request.actor,
        now=request.received_at,
    )
    messages.success(
        request,
        _("%(outcome)s. %(follows)s.")
        % {"outcome": ended.get_outcome_display(), "follows": _WHAT_FOLLOWS[InterviewOutcome(ended.outcome)]},
    )
    return _away(request)


@require_POST
@access(INTERVIEW, personal=True)
def give_back(request: StaffRequest, interview_id: int) -> HttpResponse:
    """Let somebody else make this call."""
    services.give_back(interview_id=interview_id, by=request.actor, now=request.received_at)
    return _away(request)


def _away(request: StaffRequest) -> HttpResponse:
    place = reverse("listening:calls")
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=204)
        response.headers["HX-Redirect"] = place
        return response
    return redirect(place)


def _onwards(request: StaffRequest, interview_id: int, *, item: str = "") -> HttpResponse:
    if request.headers.get("HX-Request"):
        return _screen(request, interview_id, item=item)
    place = reverse("listening:call", args=[interview_id])
    return redirect(f"{place}?q={item}" if item else place)


def _screen(
    request: StaffRequest, interview_id: int, *, item: str = "", problem: Problem | None = None, status: int = 200
) -> HttpResponse:
    screen = call_screen(interview_id, person=request.actor.name, item=item, problem=problem)
    is_mine = screen.call.begun_by_id == request.actor.id
    offered: tuple[InterviewOutcome, ...] = BEGUN if screen.call.agreed_at else (*UNREACHED, *REACHED)
    if screen.call.agreed_at and not screen.can_be_done:
        offered = tuple(one for one in offered if one != InterviewOutcome.DONE)
    if screen.call.agreed_at and not screen.told:
        offered = tuple(one for one in offered if one != InterviewOutcome.PARTIAL)
    local = timezone.localtime(request.received_at)
    context = {
        "screen": screen,
        "call": screen.call,
        "is_mine": is_mine,
        "may_see": may(request.actor, SEE_RESULTS),
        "problem": _PROBLEMS.get(problem) if problem else "",
        "ends": [
            {"value": one.value, "label": one.label, "follows": _WHAT_FOLLOWS[one], "icon": _ICONS[one]}
            for one in offered
            if one not in (InterviewOutcome.LATER, InterviewOutcome.DONE)
        ],
        "first_day": local.date(),
        "last_day": (local + FARTHEST).date(),
        "now": request.received_at,
        "is_fragment": bool(request.headers.get("HX-Request")),
    }
    template = "listening/_call.html" if context["is_fragment"] else "listening/call.html"
    response = render(request, template, context, status=status)
    response.headers["Vary"] = "HX-Request"
    return response
