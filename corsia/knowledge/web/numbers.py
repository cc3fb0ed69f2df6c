"""What is read, what helps, what is missing."""

from datetime import date, timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest, row_id
from corsia.knowledge import services
from corsia.knowledge.permissions import WRITE_ARTICLES
from corsia.knowledge.queries.articles import FEWEST_JUDGEMENTS
from corsia.knowledge.queries.numbers import missed_searches
from corsia.knowledge.queries.numbers import numbers as numbers_of
from corsia.knowledge.vocabulary import Complaint
from corsia.knowledge.web.places import branches
from corsia.organisation.queries import tree

PERIODS = (30, 90, 365)


@require_safe
@access(WRITE_ARTICLES)
def numbers(request: StaffRequest) -> HttpResponse:
    """Show the numbers of a period, each with what it is counted from."""
    asked = row_id(request.GET.get("days"))
    days = asked if asked in PERIODS else 90
    today = timezone.localtime(request.received_at).date()
    choices = branches(request, WRITE_ARTICLES)
    chosen = row_id(request.GET.get("branch"))
    branch = next((pk for pk, _name in choices if pk == chosen), None)
    below = None
    if branch is not None:
        path = tree().unit(branch).path
        below = [unit.pk for unit in tree().units.values() if unit.path.startswith(path)]
    period = [today - timedelta(days=days - 1 - day) for day in range(days)]
    found = numbers_of(days=period, branch=below)
    most = max((row.views for row in found.most_read), default=1)
    context = {
        "numbers": found,
        "most": most,
        "weeks": _weeks(found.per_day),
        "missed": missed_searches(),
        "days": days,
        "periods": PERIODS,
        "since": period[0],
        "until": today,
        "branches": choices,
        "branch": branch,
        "fewest": FEWEST_JUDGEMENTS,
        "reasons": dict(Complaint.choices),
    }
    return render(request, "knowledge/numbers.html", context)


def _weeks(per_day: list[tuple[date, int]]) -> list[int]:
    """Return the sums of about thirty equal stretches, for a sparkline."""
    step = max(1, len(per_day) // 30)
    return [sum(views for _day, views in per_day[at : at + step]) for at in range(0, len(per_day), step)]


@require_POST
@access(WRITE_ARTICLES)
def dismiss(request: StaffRequest, missed_id: int) -> HttpResponse:
    """Take words off the list."""
    services.dismiss_missed(missed_id=missed_id, by=request.actor, now=request.received_at)
    messages.success(request, _("Taken off the list."))
    return redirect("knowledge:numbers")
