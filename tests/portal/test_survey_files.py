"""A photo or a PDF as an answer: its kind is told by its content, a page without it is sent as before."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from corsia.kernel import scope
from corsia.kernel.blobs import content_of
from corsia.listening.links import ANSWER, token_of
from corsia.listening.models import AnswerAttachment, Invitation, Questionnaire, QuestionnaireVersion, Response
from corsia.organisation.vocabulary import Role
from tests.factories.organisation import person_in, signed_in
from tests.factories.surveys import reachable, sent, surveyed_group

WORDS = {"it": "Una foto del danno", "en": "A photo of the damage"}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def ready(group, now):
    with scope.system("test"):
        return surveyed_group(group, now=now - timedelta(hours=2))


@pytest.fixture
def invitation(ready, now):
    """An invitation to a survey that asks for a score, then for a photo."""
    questions = [
        {"key": "recommend", "kind": "scale", "role": "recommend", "text": WORDS},
        {"key": "proof", "kind": "file", "text": WORDS},
    ]
    later = {"key": "more", "questions": [{"key": "why", "kind": "text", "text": WORDS}]}
    definition = {"pages": [{"key": "all", "questions": questions}, later]}
    with scope.system("test"):
        asked = Questionnaire.objects.create(unit=ready.root, key="photo", name_it="Foto", name_en="Photo")
        version = QuestionnaireVersion.objects.create(
            questionnaire=asked, number=1, state="in_force", definition=definition, saved_at=now, published_at=now
        )
        found = sent(ready.brescia_care, reachable(ready, now=now), now=now - timedelta(hours=2))
        Invitation.objects.filter(pk=found.pk).update(version=version)
    return found


def send(invitation, *, page: str = "all", **fields):
    return Client().post(f"/portal/survey/{token_of(invitation.pk, ANSWER)}/", {"page": page, **fields})


def files() -> list[tuple[str, str, bytes]]:
    with scope.system("test"):
        return [(row.name, row.media_type, content_of(row.blob_id)) for row in AnswerAttachment.objects.all()]


def test_the_page_asks_for_a_file_without_script(invitation) -> None:
    page = Client().get(f"/portal/survey/{token_of(invitation.pk, ANSWER)}/")

    assert 'enctype="multipart/form-data"' in page.text
    assert '<input type="file" id="proof" name="proof"' in page.text
    assert "<script" not in page.text
    assert len(page.content) <= 15 * 1024


def test_a_photo_is_kept_with_its_answer_and_can_be_replaced(invitation, ready) -> None:
    send(invitation, recommend="3", proof=SimpleUploadedFile("../danno.png", PNG, "text/html"))
    assert files() == [("danno.png", "image/png", PNG)]

    send(invitation, recommend="4")
    assert files() == [("danno.png", "image/png", PNG)]
    send(invitation, recommend="4", proof=SimpleUploadedFile("fattura.pdf", PDF))

    assert files() == [("fattura.pdf", "application/pdf", PDF)]
    with scope.system("test"):
        response = Response.objects.get()
        assert (response.score, response.items.get(question="proof").text) == (4, "fattura.pdf")
    boss = signed_in(person_in(ready.brescia, Role.BRANCH_MANAGER))
    panel = boss.get(f"/listening/customer/{response.customer_id}/").text
    attachment = AnswerAttachment.unscoped.get()
    assert f"/listening/answers/files/{attachment.pk}/" in panel
    given = boss.get(f"/listening/answers/files/{attachment.pk}/")
    assert (given.content, given.headers["Content-Type"]) == (PDF, "application/pdf")
    assert given.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("foto.png", b"<script>alert(1)</script>", "Questo file non è accettato"),
        ("virus.exe", b"MZ" + bytes(200), "Questo file non è accettato"),
        ("foto.jpg", b"\xff\xd8\xff\xe0" + bytes(10 * 1024 * 1024), "supera i 10 MB"),
    ],
)
def test_what_is_no_photo_is_refused_in_words_and_nothing_is_kept(invitation, name, content, why) -> None:
    refused = send(invitation, recommend="3", proof=SimpleUploadedFile(name, content, "image/png"))

    assert refused.status_code == 422
    assert why in refused.text
    assert (files(), Response.unscoped.count()) == ([], 0)


def test_a_text_in_place_of_a_file_says_nothing(invitation) -> None:
    send(invitation, recommend="3", proof="1")

    with scope.system("test"):
        assert list(Response.objects.get().items.values_list("question", flat=True)) == ["recommend"]
