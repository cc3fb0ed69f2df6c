"""How many minutes the technicians of a workshop are there, day by day; and what walks in on such days."""

import dataclasses
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from corsia.organisation.models import PersonSkill
from corsia.organisation.queries import tree
from corsia.organisation.queries.people import absences_of
from corsia.organisation.working_time import WorkingHours, between
from corsia.workshop.models import Allocation, Technician
from corsia.workshop.rules.load import WalkIns, walk_ins_of

WALKED_DAYS = 182  # from which walk-ins are counted
_MINUTE = timedelta(minutes=1)


class Attendance:
    """Minutes that technicians are there, by day; absences are known for the days ahead and those before."""

    def __init__(self, unit_id: int, first: date, last: date) -> None:
        self.zone, self.hours = tree().time_zone(unit_id), tree().hours(unit_id)
        self.people = list(
            Technician.objects.filter(unit_id=unit_id, is_active=True).values_list("person_id", flat=True)
        )
        start, end = self._bounds(first)[0], self._bounds(last)[1]
        away: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
        for absence in absences_of(self.people, start=start, end=end):
            away[absence.person_id].append((absence.starts_at, absence.ends_at))
        self.own: dict[int, WorkingHours] = {
            person: dataclasses.replace(self.hours, absences=tuple(spans)) for person, spans in away.items()
        }
        self.able: dict[int, set[int]] = defaultdict(set)
        for person, skill in PersonSkill.objects.filter(person__in=self.people).values_list("person_id", "skill_id"):
            self.able[skill].add(person)

    def on(self, day: date) -> int:
        """Return the minutes of all technicians on a day."""
        return self._of(self.people, day)

    def of_skill(self, day: date, skill_id: int) -> int:
        """Return the minutes of those who have a skill."""
        return self._of([person for person in self.people if person in self.able[skill_id]], day)

    def open_on(self, day: date) -> bool:
        """Tell whether the workshop is open on a day."""
        return bool(self._worked(self.hours, day))

    def minutes_on(self, day: date, row: Allocation) -> int:
        """Return how much of a piece of work lies on a day."""
        start, end = self._bounds(day)
        begins, ends = max(start, row.starts_at), min(end, row.ends_at)
        return between(self.hours, begins, ends) // _MINUTE if begins < ends else 0

    def _of(self, people: Sequence[int], day: date) -> int:
        whole = self._worked(self.hours, day)
        return sum(self._worked(self.own[one], day) if one in self.own else whole for one in people)

    def _worked(self, hours: WorkingHours, day: date) -> int:
        start, end = self._bounds(day)
        return between(hours, start, end) // _MINUTE

    def _bounds(self, day: date) -> tuple[datetime, datetime]:
        start = datetime.combine(day, time(), self.zone)
        end = datetime.combine(day + timedelta(days=1), time(), self.zone)
        return start.astimezone(UTC), end.astimezone(UTC)


def walk_ins_on(walked: Mapping[date, int], attendance: Attendance, on: date, until: date) -> WalkIns:
    """Return what walks in on such a day, from the open days before `until`."""
    open_ = [
        day
        for number in range(WALKED_DAYS)
        if attendance.open_on(day := until - timedelta(days=number + 1))
    ]  # fmt: skip
    every = [float(walked.get(day, 0)) for day in open_]
    own = [float(walked.get(day, 0)) for day in open_ if day.weekday() == on.weekday()]
    return walk_ins_of(own, every)
