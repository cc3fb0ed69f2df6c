"""The demonstration shows interviews: enough of them to compare scripts and times of day, from people left in peace."""

from datetime import UTC, datetime

import pytest

from corsia.config.demo.loading import load_demo
from corsia.kernel import scope
from corsia.listening.models import Interview, Response
from corsia.listening.queries.interviews import IN_PERSON, interviewed
from corsia.listening.vocabulary import InterviewWay

FRIDAY = datetime(2026, 3, 13, 14, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_calls_answers_and_responses_agree() -> None:
    with scope.system("test"):
        load_demo(now=FRIDAY, progress=lambda _line: None, factor=0.02)
        found = interviewed(days=90, now=FRIDAY)
        keypad = Interview.objects.exclude(way=InterviewWay.OPERATOR)
        with_answers = keypad.filter(outcome__in=("done", "partial"))
        assert found.total.made == keypad.count() > 60
        assert with_answers.filter(response=None).count() == 0
        assert Response.objects.filter(channel="ivr").count() == with_answers.count() == found.total.useful.hits
        assert Interview.objects.exclude(outcome__in=("done", "partial")).exclude(response=None).count() == 0
        assert {line.key for line in found.scripts.lines} == {"A", "B"}
        in_person = interviewed(days=90, now=FRIDAY, ways=IN_PERSON)
        spoken = Interview.objects.filter(way=InterviewWay.OPERATOR)
        assert in_person.total.made == spoken.exclude(outcome="").count() > 60
        assert Response.objects.filter(channel="phone").count() == in_person.total.useful.hits > 10
        assert spoken.filter(outcome="", planned_at__lte=FRIDAY).count() >= 5
