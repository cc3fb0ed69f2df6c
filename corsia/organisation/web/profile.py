"""The own profile, and the notices under the bell."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from corsia.kernel.access import access
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest
from corsia.organisation import services
from corsia.organisation.models import Notification, Person
from corsia.organisation.queries import directory
from corsia.organisation.queries.notices import latest_notices, unread_notices
from corsia.organisation.web.forms import AbsenceForm, ProfileForm
from corsia.organisation.web.people import zone_of

YEAR = 60 * 60 * 24 * 365


@access(None, personal=True)
def show(request: StaffRequest) -> HttpResponse:
    """Show and change the own profile."""
    person = Person.objects.get(pk=request.actor.id or 0)
    form = ProfileForm(request.POST or None, initial=ProfileForm.initial_of(person))
    if request.method == "POST" and form.is_valid():
        services.change_profile(profile=form.profile(), by=request.actor, now=request.received_at)
        response = redirect("organisation:me")
        # The switch in the rail remembers its choice in a cookie, which would hide what was chosen here.
        response.set_cookie("theme", form.cleaned_data["theme"], max_age=YEAR, samesite="Lax")
        return response
    methods = set(Authenticator.objects.filter(user=person).values_list("type", flat=True))
    context = {
        "person": person,
        "form": form,
        "roles": directory.roles_of(person.pk),
        "absences": directory.coming_absences(person.pk, now=request.received_at),
        "absence_form": AbsenceForm(),
        "zone": zone_of(person.pk),
        "has_totp": Authenticator.Type.TOTP in methods,
        "has_passkey": Authenticator.Type.WEBAUTHN in methods,
        "has_codes": Authenticator.Type.RECOVERY_CODES in methods,
        "sessions": UserSession.objects.filter(user=person).order_by("-last_seen_at"),
        "session_key": request.session.session_key,
    }
    return render(request, "organisation/me.html", context, status=422 if form.is_bound else 200)


@require_POST
@access(None)
def end_session(request: StaffRequest, session_id: int) -> HttpResponse:
    """Sign one of the own devices out; 0 signs out all but this one."""
    sessions = UserSession.objects.filter(user_id=request.actor.id)
    chosen = (
        sessions.exclude(session_key=request.session.session_key) if session_id == 0 else sessions.filter(pk=session_id)
    )
    if session_id and not chosen.exists():
        raise NotFound(kind=UserSession._meta.label)
    for session in chosen:
        session.end()
    return redirect("organisation:me")


@access(None)
def notices(request: StaffRequest) -> HttpResponse:
    """Show the latest notices, unread first."""
    rows = latest_notices(request.actor.id or 0)
    return render(request, "organisation/notices.html", {"notices": rows})


@access(None)
def notices_badge(request: StaffRequest) -> HttpResponse:
    """Return the number on the bell."""
    unread = unread_notices(request.actor.id or 0)
    return render(request, "organisation/_badge.html", {"unread": unread})


@require_POST
@access(None)
def read_all(request: StaffRequest) -> HttpResponse:
    """Mark all notices as read."""
    services.read_all_notices(by=request.actor, now=request.received_at)
    return redirect("organisation:notices")


@require_POST
@access(None)
def read(request: StaffRequest, notice_id: int) -> HttpResponse:
    """Mark one notice as read and go where it leads, if that is within the product."""
    url = services.read_notice(notice_id=notice_id, by=request.actor, now=request.received_at)
    if url is None:
        raise NotFound(kind=Notification._meta.label)
    is_ours = url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()})
    return redirect(url if url and is_ours else "organisation:notices")
