"""Delivery reports of some eighty mail servers: dead addresses are told from living ones, and nothing is answered."""

import csv

from corsia.connectors.email.parsing import ParsedMail, parse_mail
from tests.connectors.email.parsing.real_mails import EMAIL, needs_real_mails

pytestmark = needs_real_mails

FOLDER = EMAIL / "bounces_sisimai"


def _expected() -> list[dict[str, str]]:
    with (FOLDER / "expected_bounces.csv").open(newline="") as table:
        return list(csv.DictReader(table))


def _parsed(rows: list[dict[str, str]]) -> dict[str, ParsedMail]:
    mails = FOLDER / "set-of-emails" / "maildir" / "bsd"
    return {name: parse_mail((mails / name).read_bytes()) for name in {row["file"] for row in rows}}


def test_hard_and_soft_are_right_for_more_than_nine_recipients_in_ten() -> None:
    rows = _expected()
    parsed = _parsed(rows)

    right = 0
    for row in rows:
        bounces = parsed[row["file"]].bounces
        position = int(row["recipient_index"])
        bounce = bounces[position] if position < len(bounces) else parsed[row["file"]].flags.bounce
        # An absence note is no bounce at all; everything else must be seen as one.
        seen = bounce is not None or row["reason"] == "vacation"
        right += seen and bool(bounce and bounce.hard) == (row["hardbounce"] == "1")

    assert len(rows) > 300
    assert right / len(rows) >= 0.9


def test_a_living_address_is_called_dead_in_fewer_than_one_report_in_ten() -> None:
    rows = [row for row in _expected() if row["hardbounce"] == "0" and row["recipient_index"] == "0"]
    parsed = _parsed(rows)

    wrong = [row["file"] for row in rows if (bounce := parsed[row["file"]].flags.bounce) is not None and bounce.hard]

    assert len(wrong) / len(rows) < 0.1, wrong


def test_no_report_may_ever_be_answered() -> None:
    parsed = _parsed(_expected())

    assert [name for name, mail in parsed.items() if mail.may_be_answered_automatically] == []
    assert [name for name, mail in parsed.items() if not mail.is_automatic] == []


def test_most_reports_name_the_recipient_and_the_mail_they_are_about() -> None:
    rows = [row for row in _expected() if row["reason"] not in ("vacation", "feedback")]
    bounces = [mail.flags.bounce for mail in _parsed(rows).values()]

    assert sum(bounce is not None and "@" in bounce.recipient for bounce in bounces) / len(bounces) >= 0.95
    assert sum(bounce is not None and bool(bounce.original_message_id) for bounce in bounces) / len(bounces) >= 0.8
