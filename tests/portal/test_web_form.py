"""The web form: everything sent is kept and filed once; everything typed stays on the page when something is wrong."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from corsia.cases.models import Case
from corsia.cases.vocabulary import Origin
from corsia.customers.models import ContactPoint
from corsia.kernel import scope
from corsia.kernel.blobs import content_of
from corsia.messaging.models import Attachment, Inbound, Message
from corsia.messaging.vocabulary import InboundState, Outcome
from corsia.portal import stamps
from corsia.portal.models import WebForm
from corsia.portal.rules.submission import SentFile, Submission, subject_of, submission_of
from corsia.portal.services import file_waiting
from tests.conftest import NOON
from tests.factories.cases import ready_group
from tests.factories.customers import car, gives
from tests.factories.organisation import person_in, signed_in
from tests.factories.surveys import reachable

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
URL = "/portal/form/brescia/"


@pytest.fixture
def form(group) -> WebForm:
    with scope.system("test"):
        ready_group(group, now=timezone.now())
    return WebForm.unscoped.create(
        unit=group.brescia_care, slug="brescia", title_it="Scriva a Brescia", title_en="Write to Brescia"
    )


@pytest.fixture
def visitor() -> Client:
    return Client()


def typed(**changes) -> dict:
    opened = timezone.now() - timedelta(minutes=2)
    return {
        "stamp": stamps.new_stamp("brescia", now=opened),
        "topic": "complaint",
        "name": "Giulia Ferri",
        "email": "Giulia@Example.it",
        "phone": "030 123456",
        "plate": "ab 123 cd",
        "text": "La mia Panda fa rumore dopo il tagliando.\nPotete richiamarmi?",
        "website": "",
        **changes,
    }


def test_a_submission_becomes_a_case_and_the_customer_learns_its_number(form, visitor) -> None:
    answer = visitor.post(URL, typed())
    thanks = visitor.get(answer.headers["Location"])

    case = Case.unscoped.get()
    assert answer.status_code == 302
    assert f"#{case.pk}" in thanks.content.decode()
    assert (case.unit_id, case.version.process.key, case.origin) == (form.unit_id, "complaint", Origin.WEB_FORM)
    assert case.subject == "La mia Panda fa rumore dopo il tagliando. Potete richiamarmi?"
    message = Message.unscoped.get()
    assert message.from_address == "giulia@example.it"
    assert message.author_name == "Giulia Ferri"
    assert message.text.startswith("La mia Panda fa rumore")
    assert "Targa: ab 123 cd\nTelefono: 030 123456" in message.text
    assert ContactPoint.unscoped.filter(value="giulia@example.it").count() == 1


def test_the_bytes_are_kept_whole_with_the_files(form, visitor) -> None:
    visitor.post(URL, typed(attachments=SimpleUploadedFile("fattura.pdf", PDF)))

    [kept] = Inbound.objects.all()
    assert (kept.source, kept.state, kept.outcome) == ("web_form", InboundState.PARSED, Outcome.NEW_CASE)
    sent = submission_of(bytes(kept.raw))
    assert (sent.name, sent.email, sent.topic) == ("Giulia Ferri", "giulia@example.it", "complaint")
    assert [(file.name, file.content) for file in sent.files] == [("fattura.pdf", PDF)]
    [attachment] = Attachment.unscoped.all()
    assert (attachment.name, attachment.media_type) == ("fattura.pdf", "application/pdf")
    assert content_of(attachment.blob_id) == PDF


def test_the_same_page_sent_twice_is_one_case_and_one_number(form, visitor) -> None:
    page = typed()
    first, second = visitor.post(URL, page), visitor.post(URL, page)

    assert first.headers["Location"] == second.headers["Location"]
    assert (Case.unscoped.count(), Inbound.objects.count(), Message.unscoped.count()) == (1, 1, 1)


def test_changed_words_on_the_same_page_are_a_second_message(form, visitor) -> None:
    page = typed()
    visitor.post(URL, page)
    visitor.post(URL, {**page, "text": "Ho dimenticato: anche la spia olio è accesa."})

    assert Message.unscoped.count() == 2


def test_what_cannot_be_filed_is_thanked_for_and_filed_later(form, visitor, group) -> None:
    from corsia.cases.models import Process

    page = typed()
    Process.unscoped.filter(key="complaint").update(is_active=True)
    key = visitor.post(URL, {**page, "topic": "complaint"})
    assert key.status_code == 302
    waiting = submission_waiting(form)
    assert visitor.get(f"{URL}thanks/{stamps.thanks_token(waiting)}/").status_code == 200
    assert "registra" in visitor.get(f"{URL}thanks/{stamps.thanks_token(waiting)}/").content.decode()

    with scope.system("test"):
        assert file_waiting(now=timezone.now()) == 1
        assert file_waiting(now=timezone.now() + timedelta(minutes=5)) == 0
    assert Case.unscoped.count() == 2


def submission_waiting(form: WebForm) -> int:
    """Keep a submission as a web process does that dies before filing."""
    from corsia.messaging.services import RawItem, store_inbound

    sent = Submission(
        form_id=form.pk,
        stamp="later",
        language="it",
        topic="information",
        name="Ugo",
        email="ugo@example.it",
        phone="",
        plate="",
        text="Orari?",
    )
    item = RawItem(source="web_form", raw=sent.to_bytes(), unit_id=form.unit_id, dedupe_key=sent.dedupe_key)
    [inbound_id] = store_inbound([item], now=timezone.now(), wake="")
    return inbound_id


def test_a_process_taken_out_of_use_between_page_and_filing_goes_to_quarantine_with_its_bytes(form) -> None:
    from corsia.cases.models import Process

    Process.unscoped.update(is_active=False)
    inbound_id = submission_waiting(form)
    with scope.system("test"):
        for minutes in range(6):
            file_waiting(now=timezone.now() + timedelta(minutes=2 * minutes))

    row = Inbound.objects.get(pk=inbound_id)
    assert row.state == InboundState.QUARANTINED
    assert row.reason
    assert submission_of(bytes(row.raw)).text == "Orari?"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "giulia@"}, "email"),
        ({"email": "giulia.example.it"}, "email"),
        ({"phone": "chiamatemi"}, "phone"),
        ({"name": " "}, "name"),
        ({"text": ""}, "text"),
        ({"topic": "nonconformity"}, "topic"),
        ({"topic": ""}, "topic"),
    ],
)
def test_a_mistake_is_marked_and_everything_typed_stays(form, visitor, changes, field) -> None:
    page = visitor.post(URL, typed(**changes))
    html = page.content.decode()

    assert page.status_code == 422
    assert f'id_{field}_error"' in html or f'"{field}-error"' in html
    kept = {"name": "Giulia Ferri", "plate": "ab 123 cd", "text": "La mia Panda"}
    assert all(value in html for name, value in kept.items() if name not in changes)
    assert Inbound.objects.count() == 0


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("virus.exe", b"MZ" + b"\0" * 200),
        ("pagina.html", b"<script>alert(1)</script>"),
        ("grande.pdf", PDF + b" " * 10_500_000),
    ],
)
def test_files_that_are_not_accepted_are_named(form, visitor, name, content) -> None:
    page = visitor.post(URL, typed(attachments=SimpleUploadedFile(name, content)))

    assert page.status_code == 422
    assert name in page.content.decode()
    assert Inbound.objects.count() == 0


def test_six_files_are_one_too_many(form, visitor) -> None:
    def files(count: int) -> list[SimpleUploadedFile]:
        return [SimpleUploadedFile(f"{number}.pdf", PDF) for number in range(count)]

    assert visitor.post(URL, typed(attachments=files(6))).status_code == 422
    assert visitor.post(URL, typed(attachments=files(5))).status_code == 302


def test_a_program_that_fills_the_trap_or_is_too_fast_is_asked_again(form, visitor) -> None:
    trapped = visitor.post(URL, typed(website="http://example.com"))
    too_fast = visitor.post(URL, typed(stamp=stamps.new_stamp("brescia", now=timezone.now())))
    forged = visitor.post(URL, typed(stamp="1700000000-0000000000000000-0000000000000000"))

    assert [page.status_code for page in (trapped, too_fast, forged)] == [422] * 3
    assert "http://example.com" not in trapped.content.decode()
    assert "La mia Panda" in too_fast.content.decode()
    assert Inbound.objects.count() == 0


def test_the_eleventh_submission_in_an_hour_waits_with_everything_typed(form, visitor) -> None:
    statuses = [visitor.post(URL, typed(text=f"Domanda {number}")).status_code for number in range(21)]
    page = visitor.post(URL, typed(text="Ancora una domanda"))

    # The hour may turn once in between; ten in each are taken.
    assert statuses[:10] == [302] * 10
    assert statuses.count(302) in (10, 20)
    assert page.status_code == 429
    assert "Ancora una domanda" in page.content.decode()
    assert Inbound.objects.count() == statuses.count(302)


def test_the_vehicle_is_linked_only_for_who_holds_it(form, group, visitor) -> None:
    with scope.system("test"):
        panda = car(group.root, plate="AB123CD")
        gives(reachable(group, now=NOON, email="giulia@example.it"), panda)

    visitor.post(URL, typed())
    visitor.post(URL, typed(email="curioso@example.it"))

    assert [case.vehicle_id for case in Case.unscoped.order_by("pk")] == [panda.pk, None]


def test_a_form_switched_off_or_unknown_is_a_friendly_page(form, visitor) -> None:
    WebForm.unscoped.update(is_active=False)

    for slug in ("brescia", "nessuno"):
        page = visitor.get(f"/portal/form/{slug}/")
        assert page.status_code == 404
        assert "card note" in page.content.decode()


def test_thank_you_pages_cannot_be_guessed(form, visitor) -> None:
    visitor.post(URL, typed())
    number = Inbound.objects.get().pk

    assert visitor.get(f"{URL}thanks/{number}-0000000000000000/").status_code == 404
    assert visitor.get(f"{URL}thanks/{number}/").status_code == 404


def test_the_form_speaks_both_languages_and_runs_no_script(form, visitor) -> None:
    italian, english = (visitor.get(f"{URL}?l={language}").content.decode() for language in ("it", "en"))

    assert "Scriva a Brescia" in italian
    assert "Reclamo" in italian
    assert "Write to Brescia" in english
    assert "Complaint" in english
    assert "<script" not in italian
    assert "style=" not in italian


def test_managers_make_forms_of_their_own_units_only(form, group) -> None:
    from corsia.organisation.vocabulary import Role

    paolo = signed_in(person_in(group.verona, Role.BRANCH_MANAGER))
    agent = signed_in(person_in(group.verona, Role.AGENT))
    values = {
        "unit": group.verona_care.pk,
        "slug": "verona",
        "title_it": "Scriva a Verona",
        "title_en": "Write to Verona",
        "process_keys": ["information", "complaint"],
        "brand_color": "#AA0000",
        "is_active": "on",
    }

    assert agent.get("/portal/forms/").status_code == 403
    assert paolo.get(f"/portal/forms/{form.pk}/").status_code == 404
    assert paolo.post("/portal/forms/new/", values).status_code == 302
    assert paolo.post("/portal/forms/new/", {**values, "unit": group.brescia.pk, "slug": "altro"}).status_code == 422
    taken = paolo.post("/portal/forms/new/", {**values, "slug": "brescia"})
    assert taken.status_code == 422
    assert "Scriva a Verona" in taken.content.decode()

    made = WebForm.unscoped.get(slug="verona")
    assert (made.unit_id, made.process_keys, made.brand_color) == (
        group.verona_care.pk,
        "information complaint",
        "#aa0000",
    )
    assert paolo.get("/portal/forms/").content.decode().count("/portal/form/verona/") >= 1
    assert Client().get("/portal/forms/").status_code == 302


submissions = st.builds(
    Submission,
    form_id=st.integers(1, 2**62),
    stamp=st.text(max_size=40),
    language=st.sampled_from(["it", "en"]),
    topic=st.text(max_size=20),
    name=st.text(max_size=40),
    email=st.text(max_size=40),
    phone=st.text(max_size=20),
    plate=st.text(max_size=12),
    text=st.text(),
    files=st.lists(st.builds(SentFile, name=st.text(max_size=20), content=st.binary(max_size=50)), max_size=3).map(
        tuple
    ),
)


@given(submissions)
def test_the_kept_bytes_give_back_exactly_what_was_sent(sent: Submission) -> None:
    assert submission_of(sent.to_bytes()) == sent
    assert sent.dedupe_key == submission_of(sent.to_bytes()).dedupe_key


@given(st.text())
def test_a_subject_is_one_line_of_at_most_ninety_one_signs(text: str) -> None:
    subject = subject_of(text)

    assert len(subject) <= 91
    assert "\n" not in subject
    assert " ".join(text.split()).startswith(subject.removesuffix("…"))
