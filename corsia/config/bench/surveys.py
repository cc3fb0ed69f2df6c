"""How long a hundred thousand answers take: the page of statistics about them, and their export."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from corsia.config.bench import Figure, machine, percentile
from corsia.config.bench.data import Progress
from corsia.config.bench.pages import signed_in
from corsia.kernel import scope
from corsia.listening.models import Questionnaire, QuestionnaireVersion, Response
from corsia.listening.queries.questionnaires import shipped
from corsia.listening.vocabulary import VersionState
from corsia.organisation.models import Person, Unit

SURVEY = "csi-workshop"
ANSWERS = 100_000
PAGE_GOAL, EXPORT_GOAL = 0.15, 1.5  # seconds
ROUNDS, WARM_UP, EXPORTS = 30, 3, 5


def measure(*, progress: Progress, answers: int = ANSWERS) -> Iterator[Figure]:
    """Yield seconds of server time, through the whole middleware, as the manager of the whole group."""
    with scope.system("bench"):
        there = _fill(answers, progress)
    client = signed_in(Person.objects.get(email="p0@bench.example"))
    asked = f"?survey={SURVEY}&days=365"
    conditions = f"{machine()}; {there:,} answers of {len(_items())} scales within a year; as manager of the group"
    pages: dict[str, tuple[str, str]] = {
        "page of signals": (reverse("listening:signals"), f"<= {PAGE_GOAL}"),
        "its table of channels": (reverse("listening:signals_funnel"), ""),
        "its table of items": (reverse("listening:signals_items"), ""),
        "page of results": (reverse("listening:results"), f"<= {PAGE_GOAL}"),
    }
    for name, (url, goal) in pages.items():
        times = _times(lambda url=url: client.get(url + asked), ROUNDS, WARM_UP)  # type: ignore[misc]
        with CaptureQueriesContext(connection) as captured:
            client.get(url + asked)
        rounds = f"{conditions}; {ROUNDS} requests after {WARM_UP}"
        yield Figure("surveys", f"{name} p50", round(percentile(times, 0.5), 3), "s", goal, rounds)
        yield Figure("surveys", f"{name} p95", round(percentile(times, 0.95), 3), "s", "", rounds)
        yield Figure("surveys", f"{name} queries", len(captured), "queries", "", rounds)
    for form, goal in (("csv", f"<= {EXPORT_GOAL}"), ("xlsx", "")):
        url = reverse(f"listening:export_{form}")
        sizes: list[int] = []
        times = _times(lambda: sizes.append(len(client.get(url + asked).content)), EXPORTS, 1)  # noqa: B023
        rounds = f"{conditions}; {sizes[-1] / 1e6:.1f} MB compressed; {EXPORTS} after one"
        yield Figure(
            "surveys", f"export of all answers, {form}, median", round(percentile(times, 0.5), 2), "s", goal, rounds
        )
        yield Figure("surveys", f"export of all answers, {form}, slowest", round(max(times), 2), "s", "", rounds)


def _times(act: Callable[[], object], rounds: int, warm_up: int) -> list[float]:
    times = []
    for number in range(warm_up + rounds):
        started = time.perf_counter()
        act()
        if number >= warm_up:
            times.append(time.perf_counter() - started)
    return times


def _items() -> list[str]:
    questions = (question for page in shipped()[SURVEY]["pages"] for question in page["questions"])
    return [
        question["key"] for question in questions if question["kind"] == "scale" and question["role"] != "recommend"
    ]


def _fill(answers: int, progress: Progress) -> int:
    """Give the last `answers` cases an answered survey of the last year, once; return how many there are."""
    root = Unit.objects.get(parent=None)
    there = int(Response.objects.filter(version__questionnaire__key=SURVEY).count())
    if there:
        return there
    with transaction.atomic():
        _write(root, answers, progress)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) listening_invitation, listening_response, listening_responseitem")
    return answers


def questionnaire_in_force(root: Unit) -> Questionnaire:
    """Return the questionnaire of the workshop, put in force where it is not there."""
    found: Questionnaire | None = Questionnaire.objects.filter(unit=root, key=SURVEY).first()
    if found is not None:
        return found
    name, now = shipped()[SURVEY]["name"], timezone.now()
    made: Questionnaire = Questionnaire.objects.create(unit=root, key=SURVEY, name_it=name["it"], name_en=name["en"])
    QuestionnaireVersion.objects.create(
        questionnaire=made,
        number=1,
        state=VersionState.IN_FORCE,
        definition=dict(shipped()[SURVEY]),
        saved_at=now,
        published_at=now,
    )
    return made


def _write(root: Unit, answers: int, progress: Progress) -> None:
    now = timezone.now()
    version = QuestionnaireVersion.objects.get(questionnaire=questionnaire_in_force(root))
    began = time.monotonic()
    values = {"version": version.pk, "answers": answers, "end": now - timedelta(minutes=1), "items": _items()}
    with connection.cursor() as cursor:
        for statement in _ROWS:
            cursor.execute(statement, values)
    progress(f"{answers:,} surveys answered ({time.monotonic() - began:.0f} s)")


# Answers come evenly over 360 days; scores follow the items a little, the items each other.
_ROWS = (
    """
    INSERT INTO listening_invitation (
        case_id, customer_id, assignee_id, unit_id, version_id, language, created_at, send_after, sent_at, expires_at,
        cancel_reason, cancel_detail)
    SELECT id, customer_id, assignee_id, unit_id, %(version)s, 'it', at - interval '2 days', at - interval '2 days',
        at - interval '2 days', at + interval '19 days', '', ''
    FROM (SELECT *,
            %(end)s::timestamptz - row_number() OVER (ORDER BY id DESC) * (interval '360 days' / %(answers)s) AS at
        FROM cases_case ORDER BY id DESC LIMIT %(answers)s) c
    """,
    """
    INSERT INTO listening_response (
        invitation_id, version_id, unit_id, customer_id, case_id, channel, language, score, text, wants_callback,
        invited_at, started_at, answered_at, completed_at, settled_at, device)
    SELECT id, version_id, unit_id, customer_id, case_id, 'email', 'it',
        (ARRAY[10,9,8,10,7,9,6,10,9,3,10,8,9,10,5,9,7,10,8,9,2,10,9,8,0])[1 + id %% 25],
        CASE WHEN id %% 3 = 0 THEN 'Gentili, ma il preventivo è arrivato tardi. Pratica ' || case_id ELSE '' END,
        id %% 40 = 0, sent_at, sent_at + interval '2 days', sent_at + interval '2 days',
        CASE WHEN id %% 9 > 0 THEN sent_at + interval '2 days' END, sent_at + interval '2 days', ''
    FROM listening_invitation WHERE version_id = %(version)s ORDER BY id
    """,
    """
    INSERT INTO listening_responseitem
        (response_id, unit_id, question, series, number, text, choices, is_low, answered_at)
    SELECT r.id, r.unit_id, q.question, 1,
        CASE WHEN q.question = 'recommend' THEN r.score
            ELSE least(10, greatest(0, r.score + (r.id * q.place * 7919) %% 5 - 2)) END,
        '', '{}', r.score <= 6, r.answered_at
    FROM listening_response r
    CROSS JOIN unnest(ARRAY['recommend'] || %(items)s::text[]) WITH ORDINALITY q(question, place)
    WHERE r.version_id = %(version)s AND (r.completed_at IS NOT NULL OR q.place < 5)
    ORDER BY r.id, q.place
    """,
)
