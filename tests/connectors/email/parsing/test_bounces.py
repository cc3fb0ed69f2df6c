"""Delivery reports in the forms our outgoing mail will meet."""

import pytest

from corsia.connectors.email.parsing import parse_mail
from corsia.connectors.email.parsing.bounce_words import is_hard


def _report(*, status: str, diagnostic: str, action: str = "failed") -> bytes:
    return (
        b"From: MAILER-DAEMON@mx.example.it\r\nTo: care@example.it\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n"
        b"--x\r\n\r\nI'm sorry to have to inform you.\r\n"
        b"--x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.it\r\n\r\n"
        + f"Final-Recipient: rfc822; mario@example.org\r\nAction: {action}\r\nStatus: {status}\r\n".encode()
        + f"Diagnostic-Code: smtp; {diagnostic}\r\n".encode()
        + b"\r\n--x\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <case-42@example.it>\r\n--x--\r\n"
    )


def test_a_report_names_recipient_status_and_our_mail() -> None:
    bounce = parse_mail(_report(status="5.1.1", diagnostic="550 5.1.1 User unknown")).flags.bounce

    assert bounce is not None
    assert (bounce.recipient, bounce.status, bounce.hard, bounce.kind) == (
        "mario@example.org",
        "5.1.1",
        True,
        "failure",
    )
    assert bounce.original_message_id == "<case-42@example.it>"
    assert bounce.diagnostic == "550 5.1.1 User unknown"


def test_a_delay_is_soft_and_a_success_is_no_failure() -> None:
    delay = parse_mail(_report(status="4.4.1", diagnostic="connect timed out", action="delayed")).flags.bounce
    success = parse_mail(_report(status="2.0.0", diagnostic="250 ok", action="delivered")).flags.bounce

    assert delay is not None
    assert (delay.kind, delay.hard) == ("delay", False)
    assert success is not None
    assert (success.kind, success.hard) == ("delivered", False)


@pytest.mark.parametrize(
    ("status", "diagnostic", "hard"),
    [
        ("5.1.1", "550 5.1.1 <m@example.org>: Recipient address rejected: User unknown", True),
        ("5.0.0", "550 No such user here", True),
        ("5.1.2", "Host or domain name not found. Name service error for name=example.org: Host not found", True),
        ("5.1.10", "550 5.1.10 Recipient not found; example.org has a null MX", True),
        ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)", True),
        ("5.1.6", "551 5.1.6 The user has moved", True),
        ("5.2.2", "552 5.2.2 Mailbox full", False),
        ("5.1.1", "550 5.1.1 user over quota", False),
        ("5.7.1", "550 5.7.1 Message rejected as spam", False),
        ("5.7.26", "550 5.7.26 unauthenticated, SPF did not pass", False),
        ("5.7.1", "554 5.7.1 Service unavailable; client host blocked using zen.spamhaus.org", False),
        ("5.1.8", "550 5.1.8 Sender domain does not exist", False),
        ("5.2.3", "552 5.2.3 Message size exceeds limit", False),
        ("4.2.2", "452 4.2.2 mailbox full", False),
        ("4.7.1", "450 4.7.1 Greylisted, try again later", False),
        ("5.0.0", "550 User unknown (in reply to end of DATA command)", False),
        ("", "", False),
    ],
)
def test_only_a_dead_address_is_hard(status: str, diagnostic: str, hard: bool) -> None:
    assert is_hard(status=status, diagnostic=diagnostic) is hard


def test_a_report_for_people_only_is_read_as_well() -> None:
    raw = (
        b"Return-Path: <>\r\nFrom: Mail Delivery System <Mailer-Daemon@mx.example.it>\r\nTo: care@example.it\r\n"
        b"Subject: Mail delivery failed: returning message to sender\r\n\r\n"
        b"This message was created automatically by mail delivery software.\r\n\r\n"
        b"The following address(es) failed:\r\n\r\n  mario@example.org\r\n"
        b"    SMTP error from remote mail server after RCPT TO:<mario@example.org>:\r\n"
        b"    550 5.1.1 User unknown\r\n\r\n"
        b"------ This is a copy of the message, including all the headers. ------\r\n\r\n"
        b"Message-ID: <case-7@example.it>\r\nTo: other@example.org\r\nSubject: mailbox full\r\n"
    )

    (bounce,) = parse_mail(raw).bounces

    assert (bounce.recipient, bounce.hard, bounce.original_message_id) == (
        "mario@example.org",
        True,
        "<case-7@example.it>",
    )


def test_a_report_about_two_recipients_gives_two_bounces() -> None:
    raw = _report(status="5.1.1", diagnostic="550 5.1.1 User unknown").replace(
        b"\r\n--x\r\nContent-Type: text/rfc822-headers",
        b"\r\nFinal-Recipient: rfc822; anna@example.org\r\nAction: failed\r\nStatus: 5.2.2\r\n"
        b"\r\n--x\r\nContent-Type: text/rfc822-headers",
    )

    assert [(one.recipient, one.hard) for one in parse_mail(raw).bounces] == [
        ("mario@example.org", True),
        ("anna@example.org", False),
    ]


def test_a_complaint_is_soft_and_named() -> None:
    raw = (
        b"From: feedback@isp.example\r\nSubject: Abuse report\r\n"
        b"Content-Type: multipart/report; report-type=feedback-report; boundary=x\r\n\r\n--x\r\n\r\nAbuse\r\n"
        b"--x\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n"
        b"Original-Rcpt-To: <m@example.org>\r\n--x--"
    )

    bounce = parse_mail(raw).flags.bounce

    assert bounce is not None
    assert (bounce.kind, bounce.recipient, bounce.hard) == ("complaint", "m@example.org", False)


def test_a_customer_who_writes_about_a_bounce_is_no_bounce() -> None:
    raw = (
        b"From: Mario <m@example.it>\r\nTo: care@example.it\r\nSubject: Mail non recapitata\r\n\r\n"
        b"Buongiorno, la mia mail a vendite@example.it torna con 550 5.1.1 User unknown. Perche?"
    )

    mail = parse_mail(raw)

    assert mail.flags.bounce is None
    assert mail.may_be_answered_automatically
