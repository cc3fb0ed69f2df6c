"""What the texts of a row stand for here: rows of other tables of theirs, units, people, jobs of the catalogue."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from corsia.connectors.dms.rules.rows import Fault
from corsia.connectors.dms.rules.targets import FIELDS, Kind
from corsia.connectors.dms.services.ties import ties_of
from corsia.connectors.dms.vocabulary import Target, Wrong
from corsia.organisation.models import Person
from corsia.organisation.queries import tree
from corsia.workshop.models import Job


class References:
    """Looks up what rows refer to, all of a batch at once.

    In a rehearsal rows that would be new get a negative number, so that others may refer to them.
    """

    def __init__(self, *, source_id: int, unit_id: int) -> None:
        self._source_id = source_id
        self._would: dict[tuple[Target, str], int] = {}
        self._units = tree().named_below(unit_id)
        self._jobs = {code.lower(): pk for pk, code in Job.objects.order_by("-pk").values_list("pk", "code")}

    def would_be(self, target: Target, key: str) -> int:
        """Return the number that a row of theirs has during a rehearsal."""
        return self._would.setdefault((target, key), -1 - len(self._would))

    def is_now(self, target: Target, key: str, local_id: int | None) -> None:
        """Remember during a rehearsal what a row of theirs would be: one of ours, or a new one."""
        if local_id is None:
            self.would_be(target, key)
        else:
            self._would[target, key] = local_id

    def resolve(self, target: Target, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any] | Fault]:
        """Return rows with ids in the place of texts; a fault where what they belong to is not known here.

        People and jobs that are not known here are left out: they have gone, or the catalogue has other codes.
        """
        fields = FIELDS[target]
        found: dict[Target, Mapping[str, int]] = {}
        for name, field in fields.items():
            if field.kind is Kind.REFERENCE and field.to is not None:
                asked = {row[name] for row in rows if name in row}
                found[field.to] = {**found.get(field.to, {}), **self._theirs(field.to, asked)}
        people = self._people(
            {row[n] for n, one in fields.items() if one.kind is Kind.PERSON for row in rows if n in row}
        )
        return [self._resolved(target, row, found, people) for row in rows]

    def _resolved(
        self, target: Target, row: dict[str, Any], theirs: Mapping[Target, Mapping[str, int]], people: Mapping[str, int]
    ) -> dict[str, Any] | Fault:
        resolved: dict[str, Any] = {}
        for name, value in row.items():
            field = FIELDS[target][name]
            if field.kind is Kind.REFERENCE and field.to is not None:
                local_id = theirs[field.to].get(value)
                if local_id is None:
                    return Fault(Wrong.REFERENCE, name, value[:80])
                resolved[name] = local_id
            elif field.kind is Kind.UNIT:
                unit_id = self._units.get(value)
                if unit_id is None:
                    return Fault(Wrong.NOT_IN_CODES, name, value[:80])
                resolved[name] = unit_id
            elif field.kind in (Kind.PERSON, Kind.JOB):
                local_id = (people if field.kind is Kind.PERSON else self._jobs).get(value.lower())
                resolved |= {name: local_id} if local_id is not None else {}
            else:
                resolved[name] = value
        return resolved

    def _theirs(self, target: Target, keys: Iterable[str]) -> dict[str, int]:
        asked = list(keys)
        found = {key: one for key in asked if (one := self._would.get((target, key))) is not None}
        ties = ties_of(source_id=self._source_id, kind=target, keys=[key for key in asked if key not in found])
        return found | {key: tie.local_id for key, tie in ties.items()}

    def _people(self, addresses: set[str]) -> dict[str, int]:
        rows = Person.objects.filter(email__in=addresses).values_list("email", "pk") if addresses else ()
        return {email.lower(): pk for email, pk in rows}
