"""Who may be a customer's own advisor: the people of the desks in the units that the asking person sees."""

from django.db.models import Q, TextField, Value
from django.db.models.functions import Concat

from corsia.kernel.scope import current_scope
from corsia.organisation.models import Membership, Person
from corsia.organisation.vocabulary import DESK_ROLES

OFFERED = 8


def advisors(text: str, *, limit: int = OFFERED) -> list[Person]:
    """Return the active people whose name or e-mail contains every word of `text`, by name.

    A text as `advisor_text` writes it finds exactly one.
    """
    scope = current_scope()
    members = Membership.objects.filter(until=None, role__in=DESK_ROLES)
    if not scope.everything:
        members = members.filter(unit_id__in=scope.units)
    people = Person.objects.filter(is_active=True, pk__in=members.values("person_id"))
    name, _dot, email = text.rpartition(" · ")
    if name:
        return list(people.filter(email__iexact=email.strip())[:1])
    people = people.alias(
        said=Concat("first_name", Value(" "), "last_name", Value(" "), "email", output_field=TextField())
    )
    wanted = Q()
    for word in text.split()[:6]:
        wanted &= Q(said__icontains=word)
    return list(people.filter(wanted).order_by("last_name", "first_name", "pk")[:limit])


def advisor_text(person: Person) -> str:
    """Return a person as the form names them: two of the same name have two addresses."""
    return f"{person.full_name} · {person.email}"
