"""Who gets a case: the owner advisor first, then who fits best, then who has least to do."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Candidate:
    """Somebody who could take a case.

    Attributes:
        skills: keys of skills to levels 1 to 3; languages and makes are skills too ("en", "jeep").
        load: open cases they have.
        capacity: open cases the automatic assignment may give them.
    """

    person_id: int
    load: int
    capacity: int
    skills: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Wish:
    """What a case asks for.

    Attributes:
        needed: skill without which nobody of this queue gets it; "" for none.
        useful: skills that decide between those who may: the customer's language, the vehicle's make.
        owner_advisor_id: the customer's own advisor, when the queue prefers them.
    """

    needed: str = ""
    useful: tuple[str, ...] = ()
    owner_advisor_id: int | None = None


def choose(candidates: Iterable[Candidate], wish: Wish) -> int | None:
    """Return the person who gets the case, or None when nobody who may take it has room.

    The owner advisor comes first whatever their skills: the customer knows them. Equals are told apart by id, so that
    the same situation always gives the same answer.
    """
    free = [candidate for candidate in candidates if candidate.load < candidate.capacity]
    if any(candidate.person_id == wish.owner_advisor_id for candidate in free):
        return wish.owner_advisor_id
    able = [candidate for candidate in free if not wish.needed or wish.needed in candidate.skills]
    if not able:
        return None

    def order(candidate: Candidate) -> tuple[int, int, int, int]:
        fit = sum(1 for skill in wish.useful if skill in candidate.skills)
        return (-fit, candidate.load, -candidate.skills.get(wish.needed, 0), candidate.person_id)

    return min(able, key=order).person_id
