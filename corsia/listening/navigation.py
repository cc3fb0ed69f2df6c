"""The pages of listening in groups, as they are reached from each of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from corsia.kernel.access import Right, may
from corsia.kernel.actors import Actor
from corsia.listening.permissions import HEAR_VOICES, INTERVIEW, SEE_LOOPS, SEE_RESULTS


@dataclass(frozen=True, kw_only=True)
class Place:
    """A page that is reached by a tab.

    Attributes:
        name: of its URL.
    """

    name: str
    label: Any
    icon: str
    right: Right = SEE_RESULTS

    @property
    def url(self) -> str:
        """The URL's whole name."""
        return f"listening:{self.name}"


@dataclass(frozen=True, kw_only=True)
class Group:
    """Pages for one purpose. Its name leads to the first that may be seen."""

    label: Any
    places: Sequence[Place]


GROUPS = (
    Group(
        label=_("Results"),
        places=(
            Place(name="results", label=pgettext_lazy("listening", "Overview"), icon="chart-line"),
            Place(name="voices", label=_("Voices"), icon="message-2", right=HEAR_VOICES),
            Place(name="signals", label=_("Signals"), icon="activity"),
            Place(name="integrity", label=_("Integrity"), icon="shield-check"),
            Place(name="collected", label=_("Other methods"), icon="file-import"),
        ),
    ),
    Group(
        label=_("Unhappy customers"),
        places=(Place(name="loops", label=_("Unhappy customers"), icon="mood-sad", right=SEE_LOOPS),),
    ),
    Group(
        label=_("How we listen"),
        places=(
            Place(name="plans", label=_("Plans"), icon="target"),
            Place(name="panels", label=_("Typical services"), icon="chart-bar"),
            Place(name="questionnaires", label=_("Questionnaires"), icon="forms"),
            Place(name="invitations", label=_("Invitations"), icon="send"),
            Place(name="interviews", label=_("Interviews"), icon="phone"),
            Place(name="calls", label=_("Call customers"), icon="headset", right=INTERVIEW),
            Place(name="sessions", label=pgettext_lazy("listening", "Sessions"), icon="users-group"),
            Place(name="feeds", label=_("Data feeds"), icon="plug"),
        ),
    ),
    Group(
        label=_("Journey"),
        places=(
            Place(name="journey", label=pgettext_lazy("journey", "Map"), icon="route"),
            Place(name="findings", label=_("Findings"), icon="list-search"),
            Place(name="visits", label=_("Mystery visits"), icon="spy"),
            Place(name="personas", label=_("Personas"), icon="users"),
            Place(name="vision", label=_("Vision"), icon="telescope"),
        ),
    ),
)


def groups_for(actor: Actor) -> list[Group]:
    """Return the groups with what somebody may see of them; empty ones are left out."""
    seen = [
        Group(label=group.label, places=[place for place in group.places if may(actor, place.right)])
        for group in GROUPS
    ]
    return [group for group in seen if group.places]
