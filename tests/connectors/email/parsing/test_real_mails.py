"""Hard MIME collected by the authors of nine mail parsers: nothing raises, nothing takes long, names are right."""

import time
from pathlib import Path

import pytest

from corsia.connectors.email.parsing import Outcome, Reason, parse_mail
from tests.connectors.email.parsing.real_mails import EMAIL, files_under, needs_real_mails

pytestmark = needs_real_mails

COLLECTIONS = (
    "bounces_sisimai", "flanker", "helpdesk_routing", "mail_parser", "mailparser_nodemailer", "mikel_mail",
    "mime_parser_php", "mime_parser_zbateson", "python_stdlib", "reply_parser_crisp", "reply_parser_github",
    "reply_parser_talon", "reply_trimmer",
)  # fmt: skip
MIKEL = "mikel_mail/spec/fixtures/emails"
HELP_DESK = Path("helpdesk_routing", "spec", "fixtures", "files")


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_file_ends_parsed_or_in_quarantine_within_three_seconds(collection: str) -> None:
    for path in files_under(collection):
        started = time.thread_time()
        mail = parse_mail(path.read_bytes())

        assert time.thread_time() - started < 3, path.name
        assert (mail.outcome is Outcome.PARSED) == (mail.reason is None), path.name
        assert mail.reason is not Reason.UNREADABLE, (path.name, mail.detail)
        assert bool(mail.sentence) == (mail.outcome is Outcome.QUARANTINED)


def test_only_empty_files_and_one_mail_of_three_hundred_parts_are_quarantined() -> None:
    reasons = {}
    for collection in COLLECTIONS:
        for path in files_under(collection):
            mail = parse_mail(path.read_bytes())
            if mail.reason is not None and path.read_bytes().strip():
                reasons[path.name] = mail.reason

    assert reasons == {"issue408.eml": Reason.TOO_MANY_PARTS}


@pytest.mark.parametrize(
    ("file", "names"),
    [
        ("flanker/tests/fixtures/messages/mailgun-pic.eml", ["mailgun.png"]),
        ("flanker/tests/fixtures/messages/attached-pdf.eml", ["test.pdf"]),
        ("flanker/tests/fixtures/messages/bz2-attachment.eml", ["foo.txt.bz2"]),
        ("flanker/tests/fixtures/messages/iphone.eml", ["photo.JPG"]),
        (f"{MIKEL}/attachment_emails/attachment_nonascii_filename.eml", ["ciële.txt"]),
        (f"{MIKEL}/attachment_emails/attachment_content_location.eml", ["Photo25.jpg"]),
        (f"{MIKEL}/attachment_emails/attachment_message_rfc822.eml", ["ForwardedMessage.eml"]),
        (f"{MIKEL}/attachment_emails/attachment_with_base64_encoded_name.eml", ["This is a test.pdf"]),
        (f"{MIKEL}/attachment_emails/attachment_with_quoted_filename.eml", ["Eelanalüüsi päring.jpg"]),
        (f"{MIKEL}/attachment_emails/attachment_with_unquoted_name.eml", ["This is a test.txt"]),
        (f"{MIKEL}/multi_charset/japanese_attachment.eml", ["てすと.txt"]),
        (
            f"{MIKEL}/multi_charset/japanese_attachment_long_name.eml",
            ["かきくけこかきくけこかきくけこかきくけこかきくけこ.txt"],
        ),
        ("mime_parser_zbateson/tests/_data/emails/m0011.txt", ["blueball.png", "greenball.png", "redball.png"]),
        ("mime_parser_zbateson/tests/_data/emails/m1015.txt", ["HasenundFrösche.txt"]),
        ("mime_parser_zbateson/tests/_data/emails/m2013.txt", ["HasenundFrösche.txt", "farmerandstork.txt"]),
        ("mime_parser_zbateson/tests/_data/emails/m0024.txt", ["Biodiversite de semaine en semaine.doc"]),
        ("mailparser_nodemailer/test/fixtures/nodemailer.eml", ["image.png", "nyan cat ✔.gif", "notes.txt"]),
        ("python_stdlib/msg_07.txt", ["dingusfish.gif"]),
        ("python_stdlib/msg_22.txt", ["wibble.JPG", "wibble2.JPG"]),
    ],
)  # fmt: skip
def test_names_of_attachments_are_as_their_senders_meant_them(file: str, names: list[str]) -> None:
    assert [one.name for one in parse_mail((EMAIL / file).read_bytes()).attachments] == names


@pytest.mark.parametrize(
    ("file", "subject"),
    [
        ("mime_parser_zbateson/tests/_data/emails/m2004.txt", "Die Hasen und die Frösche"),
        (f"{MIKEL}/rfc6532/utf8_headers.eml", "Säying Hello"),
        ("mime_parser_zbateson/tests/_data/headers/encoded-headers", "¡Hola, señor!"),
        ("flanker/tests/fixtures/messages/bilingual-simple.eml", "Simple text. How are you? Как ты поживаешь?"),
    ],
)
def test_subjects_are_read_whatever_their_encoding(file: str, subject: str) -> None:
    assert parse_mail((EMAIL / file).read_bytes()).subject == subject


@pytest.mark.parametrize("file", ["auto_reply.eml", "bounced_gmail.eml", "non_utf_encoded_mail.eml"])
def test_robots_of_the_help_desk_are_never_answered(file: str) -> None:
    mail = parse_mail((EMAIL / HELP_DESK / file).read_bytes())

    assert mail.flags.auto_reply
    assert not mail.may_be_answered_automatically


def test_people_of_the_help_desk_may_be_answered() -> None:
    robots = {"auto_reply.eml", "bounced_gmail.eml", "non_utf_encoded_mail.eml"}
    mails = {
        path.name: parse_mail(path.read_bytes()) for path in files_under(*HELP_DESK.parts) if path.name not in robots
    }

    assert [name for name, mail in mails.items() if not mail.may_be_answered_automatically] == []


def test_a_bounce_to_the_help_desk_names_the_dead_address() -> None:
    bounce = parse_mail((EMAIL / HELP_DESK / "bounced_gmail.eml").read_bytes()).flags.bounce

    assert bounce is not None
    assert (bounce.recipient, bounce.status, bounce.hard) == ("alex.jones@fictionalcorp.com", "5.1.1", True)


def test_a_reply_to_the_help_desk_says_what_it_answers() -> None:
    mail = parse_mail((EMAIL / HELP_DESK / "reply_mail_without_uuid.eml").read_bytes())

    assert mail.in_reply_to == (
        "<account/1/conversation/6bdc3f4d-0bec-4515-a284-5d916fdde489@test.com>",
        "<conversation/6bdc3f4d-0bec-4515-a284-5d916fdde489/messages/123@test.com>",
    )


def test_nameless_attachments_get_a_name_that_fits_them() -> None:
    mail = parse_mail((EMAIL / HELP_DESK / "attachments_without_filename.eml").read_bytes())

    assert mail.attachments
    assert all(one.name.startswith("attachment-") and "." in one.name for one in mail.attachments)
