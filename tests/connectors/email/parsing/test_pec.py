"""Italian certified mail: the inner message is shown, the envelope is kept, receipts are known by their kind."""

import pytest

from corsia.connectors.email.parsing import parse_mail

INNER = (
    b"From: Mario Rossi <mario.rossi@pec.example.it>\r\nTo: concessionaria@pec.example.it\r\nSubject: Diffida\r\n"
    b"Message-ID: <interno@pec.example.it>\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n"
    b"--i\r\n\r\nVi diffido.\r\n--i\r\nContent-Type: application/pdf; name=diffida.pdf\r\n\r\n%PDF-1.4\r\n--i--\r\n"
)
FACTS = (
    b'<?xml version="1.0"?><postacert tipo="errore-consegna" errore="no-dest"><intestazione>'
    b'<destinatari tipo="certificato">anna@pec.example.it</destinatari></intestazione>'
    b"<dati><errore-esteso>5.1.1 - casella inesistente</errore-esteso></dati></postacert>"
)


def certified(*headers: bytes, inner: bytes = INNER, encoding: bytes = b"") -> bytes:
    return (
        b"".join(header + b"\r\n" for header in headers)
        + b'From: "Per conto di: mario.rossi@pec.example.it" <posta-certificata@gestore.example.it>\r\n'
        b"Reply-To: mario.rossi@pec.example.it\r\nTo: concessionaria@pec.example.it\r\n"
        b"Subject: POSTA CERTIFICATA: Diffida\r\nMessage-ID: <busta@gestore.example.it>\r\n"
        b"Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n"
        b"--m\r\nContent-Type: text/plain\r\n\r\nMessaggio di posta certificata.\r\n"
        b"--m\r\nContent-Type: application/xml; name=daticert.xml\r\n\r\n" + FACTS + b"\r\n"
        b"--m\r\nContent-Type: message/rfc822; name=postacert.eml\r\n" + encoding + b"\r\n" + inner + b"\r\n--m--\r\n"
        b"--s\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\n\x30\x80\r\n--s--\r\n"
    )


def test_the_certified_mail_is_shown_and_its_envelope_is_kept() -> None:
    mail = parse_mail(
        certified(b"X-Trasporto: posta-certificata", b"X-Riferimento-Message-ID: <interno@pec.example.it>")
    )

    assert (mail.subject, mail.text, mail.from_[0].email) == ("Diffida", "Vi diffido.", "mario.rossi@pec.example.it")
    assert mail.flags.pec == "messaggio"
    assert mail.message_id == "<busta@gestore.example.it>"
    assert "<interno@pec.example.it>" in mail.references
    assert mail.pec is not None
    assert mail.pec.envelope_from == "posta-certificata@gestore.example.it"
    assert mail.pec.envelope_subject == "POSTA CERTIFICATA: Diffida"
    assert [one.name for one in mail.attachments] == ["diffida.pdf", "daticert.xml", "postacert.eml", "smime.p7s"]
    assert mail.attachments[2].content.startswith(INNER[:-4])
    assert not mail.is_automatic


def test_a_certified_mail_in_base64_is_shown_as_well() -> None:
    from base64 import encodebytes

    raw = certified(
        b"X-Trasporto: posta-certificata", inner=encodebytes(INNER), encoding=b"Content-Transfer-Encoding: base64\r\n"
    )

    assert parse_mail(raw).text == "Vi diffido."


@pytest.mark.parametrize(
    "kind", ["accettazione", "presa-in-carico", "avvenuta-consegna", "preavviso-errore-consegna", "rilevazione-virus"]
)
def test_receipts_are_automatic_and_say_what_they_are_about(kind: str) -> None:
    mail = parse_mail(certified(f"X-Ricevuta: {kind}".encode(), b"X-Riferimento-Message-ID: <nostro@example.it>"))

    assert mail.flags.pec == kind
    assert mail.is_automatic
    assert mail.flags.bounce is None
    assert mail.pec is not None
    assert mail.pec.original_message_id == "<nostro@example.it>"
    assert mail.subject == "POSTA CERTIFICATA: Diffida"


def test_a_receipt_of_failed_delivery_is_a_bounce() -> None:
    mail = parse_mail(certified(b"X-Ricevuta: errore-consegna", b"X-Riferimento-Message-ID: <nostro@example.it>"))

    bounce = mail.flags.bounce
    assert bounce is not None
    assert (bounce.recipient, bounce.hard, bounce.original_message_id) == (
        "anna@pec.example.it",
        True,
        "<nostro@example.it>",
    )
    assert bounce.diagnostic == "5.1.1 - casella inesistente"


def test_an_envelope_inside_an_envelope_is_opened_once() -> None:
    twice = certified(
        b"X-Trasporto: posta-certificata",
        inner=certified(b"X-Trasporto: posta-certificata")
        .replace(b"--m", b"--n")
        .replace(b"boundary=m", b"boundary=n")
        .replace(b"--s", b"--t")
        .replace(b"boundary=s", b"boundary=t"),
    )

    mail = parse_mail(twice)

    assert mail.subject == "POSTA CERTIFICATA: Diffida"
    assert mail.text == "Messaggio di posta certificata."


def test_an_envelope_without_its_mail_is_shown_itself() -> None:
    raw = b"X-Trasporto: posta-certificata\r\nFrom: x@gestore.example.it\r\nSubject: Diffida\r\n\r\nVuota"

    mail = parse_mail(raw)

    assert (mail.text, mail.flags.pec) == ("Vuota", "messaggio")
