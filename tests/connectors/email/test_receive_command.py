"""`corsia receive`: mails from files, each once, over everything that real mail programs ever wrote."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from corsia.cases.models import Case
from corsia.connectors.email.parsing import parse_mail
from corsia.connectors.email.services.mail_files import MailFile, mails_in, split_mbox
from corsia.messaging.models import AutomaticSend, Inbound, Message, Outgoing
from corsia.messaging.rules.raw_mail import dedupe_key
from corsia.messaging.vocabulary import InboundState, Outcome, SentReason
from tests.conftest import fixtures_folder
from tests.factories.messaging import Desk, raw_mail

pytestmark = pytest.mark.usefixtures("everything")


def receive(*paths: object, **options: object) -> list[dict]:
    out = io.StringIO()
    call_command("receive", *map(str, paths), json=True, stdout=out, stderr=io.StringIO(), **options)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_each_line_says_what_became_of_the_mail_and_a_second_run_adds_nothing(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(raw_mail())
    (tmp_path / "b.eml").write_bytes(raw_mail(header_id="<b@x>", extra="References: <first@example.com>\r\n"))
    (tmp_path / "notes.md").write_text("no mail")

    first, second = receive(tmp_path)
    case = Case.objects.get()
    assert list(first) == ["file", "outcome", "case", "message", "reason"]
    assert (first["file"], first["outcome"], first["case"]) == (str(tmp_path / "a.eml"), "new_case", case.pk)
    assert (second["outcome"], second["case"]) == ("threaded", case.pk)

    again = receive(tmp_path)
    assert [line["outcome"] for line in again] == ["duplicate", "duplicate"]
    assert [line["message"] for line in again] == [first["message"], second["message"]]
    assert (Case.objects.count(), Inbound.objects.count()) == (1, 2)


def test_a_run_that_was_stopped_is_finished_by_the_next(desk: Desk, tmp_path: Path) -> None:
    from corsia.messaging.services.journal import RawItem, store_inbound
    from tests.conftest import NOON

    (tmp_path / "a.eml").write_bytes(raw_mail())
    item = RawItem(source="file", raw=raw_mail(), mailbox=desk.mailbox.address, mailbox_id=desk.mailbox.pk)
    store_inbound([item], now=NOON, wake="")

    [line] = receive(tmp_path)
    assert line["outcome"] == "new_case"


def test_mbox_maildir_and_box_files_are_opened(desk: Desk, tmp_path: Path) -> None:
    mails = [raw_mail(header_id=f"<{number}@x>", text=f"n. {number}\n\nFrom here on") for number in range(3)]
    mbox = b"".join(
        b"From a@b.it Tue Mar 10 11:00:00 2026\n"
        + mail.replace(b"\r\n", b"\n").replace(b"\nFrom ", b"\n>From ")
        + b"\n"
        for mail in mails
    )
    (tmp_path / "old.mbox").write_bytes(mbox)
    for folder in ("cur", "new", "tmp"):
        (tmp_path / "Maildir" / folder).mkdir(parents=True)
    (tmp_path / "Maildir" / "new" / "1234.host").write_bytes(raw_mail(header_id="<m@x>"))
    (tmp_path / "one.box").write_bytes(raw_mail(header_id="<box@x>"))

    lines = receive(tmp_path)

    assert [Path(line["file"]).name for line in lines] == [
        "1234.host",
        "old.mbox#1",
        "old.mbox#2",
        "old.mbox#3",
        "one.box",
    ]
    assert {line["outcome"] for line in lines} == {"new_case"}
    assert Message.objects.filter(text__contains="\n\nFrom here on").count() == 3


def test_a_from_line_within_a_mail_splits_nothing() -> None:
    mbox = b"From a@b.it Tue Mar 10 11:00:00 2026\nSubject: x\n\nText\nFrom Paris 2026 with love\n"

    assert split_mbox(mbox) == [b"Subject: x\n\nText\nFrom Paris 2026 with love\n"]


def test_a_mailbox_that_is_not_ours_is_refused_with_the_ones_that_are(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=desk.mailbox.address):
        receive(tmp_path, mailbox="other@example.com")


def test_a_path_that_is_not_there_is_named_and_the_others_are_taken(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(raw_mail())

    assert [line["outcome"] for line in receive(tmp_path / "nope.eml", tmp_path / "a.eml")] == ["new_case"]


def test_every_real_mail_is_read_or_kept_apart_and_no_robot_is_answered(desk: Desk) -> None:
    folder = fixtures_folder("email")
    mails = [found for found in mails_in([str(folder)]) if isinstance(found, MailFile)]
    assert len(mails) > 700

    lines = receive(folder)

    assert [line["file"] for line in lines] == [mail.file for mail in mails]
    assert {line["outcome"] for line in lines} <= set(Outcome.values)
    assert not Inbound.objects.filter(state=InboundState.RECEIVED).exists()
    kept = {bytes(key) for key in Inbound.objects.values_list("dedupe_key", flat=True)}
    assert kept == {dedupe_key(mailbox=desk.mailbox.address, raw=mail.raw) for mail in mails}
    quarantined = [line for line in lines if line["outcome"] == "quarantined"]
    assert all(line["reason"] for line in quarantined)
    assert len(quarantined) < len(mails) / 20

    answered = {row.idempotency_key.split(":")[1] for row in Outgoing.objects.filter(reason=SentReason.ACKNOWLEDGEMENT)}
    by_case = {str(line["case"]): line["file"] for line in reversed(lines) if line["outcome"] == "new_case"}
    by_file = {mail.file: mail.raw for mail in mails}
    for case in answered:
        parsed = parse_mail(by_file[by_case[case]])
        assert not parsed.is_automatic, by_case[case]
    assert AutomaticSend.objects.count() == len(answered)
    for line in lines:
        if line["outcome"] in ("bounce", "automatic"):
            assert not Outgoing.objects.filter(idempotency_key=f"received:{line['case']}").exists() or line["case"]

    before = (Case.objects.count(), Message.objects.count(), Inbound.objects.count(), Outgoing.objects.count())
    again = receive(folder)
    assert {line["outcome"] for line in again} == {"duplicate"}
    assert before == (Case.objects.count(), Message.objects.count(), Inbound.objects.count(), Outgoing.objects.count())


def test_parse_mail_prints_one_line_a_file_and_stores_nothing(desk: Desk, tmp_path: Path, capsys) -> None:
    (tmp_path / "a.eml").write_bytes(raw_mail())

    call_command("parse-mail", str(tmp_path / "a.eml"), json=True)

    line = json.loads(capsys.readouterr().out)
    assert (line["outcome"], line["from"], line["subject"]) == (
        "parsed",
        "giulia.ferri@example.com",
        "Spia motore accesa",
    )
    assert Inbound.objects.count() == 0
