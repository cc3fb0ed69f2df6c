"""How I want my notices: which, under the bell or by mail, together or at once, and when not."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest
from corsia.organisation import services
from corsia.organisation.models import NoticeChoice, NoticeSettings, Person
from corsia.organisation.notice_times import mailed_at
from corsia.organisation.ports import notice_kinds
from corsia.organisation.queries.tree import tree
from corsia.organisation.services import NoticeWishes
from corsia.organisation.services.notice_mail import times_of
from corsia.organisation.vocabulary import Digest
from corsia.organisation.web.forms import Styled


class NoticesForm(Styled):
    """When mails may come. What is told how stands in checkboxes of its own, two for each kind."""

    digest = forms.ChoiceField(label=gettext_lazy("Mails"), choices=Digest)
    digest_at = forms.TimeField(
        label=gettext_lazy("Hour of the daily mail"),
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        input_formats=["%H:%M", "%H:%M:%S"],
    )
    quiet_from = forms.TimeField(
        label=gettext_lazy("Silence from"),
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        input_formats=["%H:%M", "%H:%M:%S"],
    )
    quiet_until = forms.TimeField(
        label=gettext_lazy("Silence until"),
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        input_formats=["%H:%M", "%H:%M:%S"],
    )
    only_on_duty = forms.BooleanField(
        label=gettext_lazy("Only while I am on duty"),
        required=False,
        help_text=gettext_lazy("Within the hours of my unit, and not on the days I am away."),
    )
    urgent_pierces = forms.BooleanField(
        label=gettext_lazy("What is urgent comes at any hour, at once"),
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        """Silence is a whole period."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        begin, end = values.get("quiet_from"), values.get("quiet_until")
        if (begin is None) != (end is None) and not self.errors:
            self.add_error("quiet_until" if end is None else "quiet_from", services.HalfASilence.message)
        if begin is not None and begin == end:
            self.add_error("quiet_until", str(services.NoSilenceAtAll(hour=f"{begin:%H:%M}")))
        return values


@require_http_methods(["GET", "POST"])
@access(None, personal=True)
def show(request: StaffRequest) -> HttpResponse:
    """Show and change how the actor wants their notices."""
    person = Person.objects.select_related("notice_settings").get(pk=request.actor.id or 0)
    row = getattr(person, "notice_settings", None) or NoticeSettings(person=person)
    chosen = {
        choice.kind: (choice.by_bell, choice.by_mail) for choice in NoticeChoice.objects.filter(person_id=person.pk)
    }
    form = NoticesForm(request.POST or None, initial={name: getattr(row, name) for name in NoticesForm.base_fields})
    if request.method == "POST":
        chosen = {
            kind.key: (f"bell-{kind.key}" in request.POST, f"mail-{kind.key}" in request.POST)
            for kind in notice_kinds()
        }
        if form.is_valid():
            wishes = NoticeWishes(choices=chosen, **form.cleaned_data)
            services.choose_notices(wishes=wishes, by=request.actor, now=request.received_at)
            messages.success(request, _("Saved. It holds for what you are told from now on."))
            return redirect("organisation:my_notices")
    context = {
        "form": form,
        "kinds": [
            {"kind": kind, "by_bell": by_bell, "by_mail": by_mail}
            for kind in notice_kinds()
            for by_bell, by_mail in [chosen.get(kind.key, (True, kind.has_own_mail))]
        ],
        "times": _when_mailed(request, person),
    }
    return render(request, "organisation/my_notices.html", context, status=422 if form.errors else 200)


def _when_mailed(request: StaffRequest, person: Person) -> list[dict[str, Any]]:
    """Return when things that happen now, and tonight, would be mailed as things are saved."""
    held = person.memberships.filter(until=None).order_by("pk").values_list("unit_id", flat=True).first()
    times = times_of(person, unit_id=held)
    zone = tree().time_zone(held) if held else request.received_at.tzinfo
    local = request.received_at.astimezone(zone)
    night = local.replace(hour=22, minute=30, second=0, microsecond=0)
    night = night if night > local else night + timedelta(days=1)
    return [
        {"what": what, "at": mailed_at(times, now=at, is_urgent=is_urgent).astimezone(zone), "asked": at}
        for what, at, is_urgent in (
            (_("What happens now"), local, False),
            (_("What happens at half past ten in the evening"), night, False),
            (_("Something urgent at half past ten in the evening"), night, True),
        )
    ]
