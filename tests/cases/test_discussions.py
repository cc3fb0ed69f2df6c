"""Talk among colleagues: who hears it, who is called, what goes into the history, and that no customer ever sees it."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from corsia.cases.models import Alarm, Case, Discussion, DiscussionFile, DiscussionLine, DiscussionMember
from corsia.cases.queries.discussions import cases_talked_about, discussions, unread_count
from corsia.cases.services import (
    add_to_discussion,
    close_case,
    discussion_of,
    edit_line,
    resolve_discussion,
    say,
    see_discussion,
)
from corsia.cases.services.discussions import NoSummary, NothingSaid, TooLateToEdit
from corsia.kernel import scope
from corsia.kernel.errors import NotAllowed, NotFound
from corsia.kernel.models import AuditEntry
from corsia.kernel.privacy import Subject
from corsia.organisation.actors import actor_of
from corsia.organisation.models import Notification
from corsia.organisation.vocabulary import Role
from corsia.privacy.queries.copy import files_of, sections
from tests.factories.cases import a_case
from tests.factories.organisation import TODAY, person_in, signed_in

pytestmark = [pytest.mark.django_db]
MINUTE = timedelta(minutes=1)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def case(desk, now) -> Case:
    with scope.system("test"):
        return a_case(desk.group.brescia_care, now=now, customer=desk.customer)


@pytest.fixture
def colleague(desk):
    return person_in(desk.group.brescia_care, first_name="Marta", last_name="Gatti")


@pytest.fixture
def outsider(desk):
    return person_in(desk.group.brescia_care, Role.AGENCY_AGENT, first_name="Ivo", last_name="Esterno")


def actor(person):
    return actor_of(person, today=TODAY)


@pytest.mark.usefixtures("everything")
class TestTalking:
    def test_a_case_has_one_discussion_and_each_alarm_one_of_its_own(self, desk, case, now):
        alarm = Alarm.objects.create(case=case, kind="overdue", raised_at=now)

        first, again = (discussion_of(case_id=case.pk, by=desk.actor, now=now) for _ in range(2))
        about, about_again = (
            discussion_of(case_id=case.pk, alarm_id=alarm.pk, by=desk.actor, now=now) for _ in range(2)
        )

        assert (first.pk, about.pk) == (again.pk, about_again.pk)
        assert (first.about, about.about) == ("", "overdue")

    def test_who_is_called_is_told_once_and_finds_it_unread_first(self, desk, case, colleague, now):
        talk = discussion_of(case_id=case.pk, by=desk.actor, now=now)
        foreign = person_in(desk.group.verona_care)

        say(discussion_id=talk.pk, text="Chi ha il libretto?", mentions=[colleague.pk, foreign.pk], by=desk.actor,
            now=now)  # fmt: skip

        (notice,) = Notification.objects.all()
        assert (notice.person_id, notice.text) == (colleague.pk, "Chi ha il libretto?")
        assert not DiscussionMember.objects.filter(person=foreign).exists()
        me = actor(colleague)
        assert unread_count(actor=me) == 1
        assert [row.is_unread for row in discussions(actor=me, is_mine=True)] == [True]
        see_discussion(discussion_id=talk.pk, by=me, now=now)
        assert unread_count(actor=me) == 0
        assert unread_count(actor=desk.actor) == 0  # one's own words are nothing new

    def test_words_can_be_changed_for_five_minutes_and_only_by_whoever_said_them(self, desk, case, colleague, now):
        talk = discussion_of(case_id=case.pk, by=desk.actor, now=now)
        line = say(discussion_id=talk.pk, text="Domani", by=desk.actor, now=now)
        edit_line(line_id=line.pk, text="Dopodomani", by=desk.actor, now=now + 5 * MINUTE)
        with pytest.raises(TooLateToEdit):
            edit_line(line_id=line.pk, text="Mai", by=desk.actor, now=now + 5 * MINUTE + timedelta(seconds=1))
        with pytest.raises(NotAllowed):
            edit_line(line_id=line.pk, text="Mai", by=actor(colleague), now=now)
        with pytest.raises(NothingSaid):
            say(discussion_id=talk.pk, text="  ", by=desk.actor, now=now)

        assert DiscussionLine.objects.get().text == "Dopodomani"

    def test_what_was_decided_goes_into_the_history_and_new_words_open_it_again(self, desk, case, now):
        talk = discussion_of(case_id=case.pk, by=desk.actor, now=now)
        say(discussion_id=talk.pk, text="Rimborsiamo?", by=desk.actor, now=now)
        with pytest.raises(NoSummary):
            resolve_discussion(discussion_id=talk.pk, summary=" ", by=desk.actor, now=now)
        resolve_discussion(discussion_id=talk.pk, summary="Rimborso del 50 %", by=desk.actor, now=now)

        entry = AuditEntry.objects.get(verb="discussion_resolved", object_id=case.pk)
        assert entry.data["summary"] == "Rimborso del 50 %"
        say(discussion_id=talk.pk, text="Aspetta", by=desk.actor, now=now + MINUTE)
        talk.refresh_from_db()
        assert (talk.resolved_at, talk.summary) == (None, "")

    def test_an_agency_hears_only_what_it_was_added_to(self, desk, case, colleague, outsider, now):
        talk = discussion_of(case_id=case.pk, by=desk.actor, now=now)
        say(discussion_id=talk.pk, text="Segreto sul listino", by=desk.actor, now=now)
        them = actor(outsider)
        with pytest.raises(NotFound):
            say(discussion_id=talk.pk, text="?", by=them, now=now)
        with pytest.raises(NotFound):
            discussion_of(case_id=case.pk, by=them, now=now)
        assert discussions(actor=them, is_mine=False) == []
        assert cases_talked_about(["listino"], actor=them) == []

        add_to_discussion(discussion_id=talk.pk, person_ids=[outsider.pk], by=desk.actor, now=now)

        assert say(discussion_id=talk.pk, text="Eccomi", by=them, now=now).author_id == outsider.pk
        assert cases_talked_about(["listino"], actor=them) == [case.pk]
        with pytest.raises(NotAllowed):
            add_to_discussion(discussion_id=talk.pk, person_ids=[colleague.pk], by=them, now=now)

    def test_the_copy_a_customer_gets_has_nothing_of_it(self, desk, case, now):
        talk = discussion_of(case_id=case.pk, by=desk.actor, now=now)
        line = say(discussion_id=talk.pk, text="CANARY tra noi", by=desk.actor, now=now)
        DiscussionFile.objects.create(line=line, blob_id=_blob(b"CANARY"), name="CANARY.txt", size=6)
        close_case(case_id=case.pk, by=desk.actor, now=now)

        subject = Subject(ids=(desk.customer.pk,))
        assert "CANARY" not in repr(list(sections(subject)))
        assert list(files_of(subject)) == []


def _blob(content: bytes) -> int:
    from corsia.kernel.blobs import keep

    return keep(content)


def test_a_page_says_calls_by_name_and_hands_out_files_only_to_who_hears_it(desk, case, colleague, outsider):
    agent = signed_in(desk.agent)
    url = reverse("cases:say", args=[case.pk])
    form = {"text": "@Marta Gatti guarda <b>qui</b>", "once": "z" * 20}
    answer = agent.post(url, form | {"files": SimpleUploadedFile("../conto.html", b"<script>1</script>")}, headers=HTMX)
    again = agent.post(url, form | {"files": SimpleUploadedFile("../conto.html", b"<script>1</script>")}, headers=HTMX)

    page = answer.content.decode()
    assert (answer.status_code, again.status_code) == (200, 200)
    assert "&lt;b&gt;qui&lt;/b&gt;" in page
    with scope.system("test"):
        file = DiscussionFile.objects.get()
        assert DiscussionLine.objects.count() == 1
        assert Notification.objects.filter(person=colleague).count() == 1
    got = agent.get(reverse("cases:discussion_file", args=[file.pk]))
    assert got.headers["Content-Type"] == "application/octet-stream"
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in got.headers["Content-Security-Policy"]

    stranger, agency = signed_in(person_in(desk.group.verona_care)), signed_in(outsider)
    for browser in (stranger, agency):
        assert browser.get(reverse("cases:discussion_file", args=[file.pk])).status_code == 404
    assert "guarda" not in agency.get(reverse("cases:talk_panel", args=[case.pk])).content.decode()
    assert "guarda" not in agency.get(reverse("cases:discussions") + "?tab=unit").content.decode()


def test_the_search_of_cases_finds_what_was_said(desk, case, outsider):
    now = timezone.now()
    with scope.system("test"):
        talk = discussion_of(case_id=case.pk, by=desk.actor, now=now)
        say(discussion_id=talk.pk, text="Il perno della cerniera è introvabile", by=desk.actor, now=now)
    for name, query in (("desk", "?tab=unit&q=cernie introv"), ("palette", "?q=cerniera"), ("discussions", "?q=perno")):
        url = reverse(f"cases:{name}") + query
        assert f"#{case.pk}" in signed_in(desk.agent).get(url).content.decode(), name
        assert f"#{case.pk}" not in signed_in(outsider).get(url).content.decode(), name


def test_an_exception_has_a_discussion_of_its_own_in_the_panel(desk, case):
    now = timezone.now()
    with scope.system("test"):
        alarm = Alarm.objects.create(case=case, kind="neglected", raised_at=now)
    agent = signed_in(desk.agent)
    panel = reverse("cases:talk_panel", args=[case.pk])
    assert f"?alarm={alarm.pk}" in agent.get(panel).content.decode()

    agent.post(reverse("cases:say", args=[case.pk]), {"text": "Perché è ferma?", "alarm": alarm.pk}, headers=HTMX)

    with scope.system("test"):
        assert Discussion.objects.get().about == "neglected"
    assert "Perché è ferma?" in agent.get(panel + f"?alarm={alarm.pk}").content.decode()
