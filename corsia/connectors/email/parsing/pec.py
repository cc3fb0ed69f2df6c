"""Italian certified mail (PEC, DPR 68/2005): the envelope a provider puts around a mail, and its receipts."""

import html
import re
from datetime import datetime

from corsia.connectors.email.parsing import headers
from corsia.connectors.email.parsing.charsets import decode
from corsia.connectors.email.parsing.parsed import Bounce, Pec
from corsia.connectors.email.parsing.parts import Part, Parts

# X-Ricevuta, as the technical rules of 2 November 2005 list them.
RECEIPTS = frozenset({
    "non-accettazione", "accettazione", "presa-in-carico", "avvenuta-consegna", "preavviso-errore-consegna",
    "errore-consegna", "rilevazione-virus",
})  # fmt: skip
_FAILED = frozenset({"errore-consegna", "non-accettazione"})
_RECIPIENT = re.compile(r"<(?:destinatari|consegna)[^>]*>\s*([^<\s]+@[^<\s]+)", re.IGNORECASE)
_ERROR = re.compile(r"<postacert[^>]*\berrore\s*=\s*[\"']([a-z-]+)[\"']", re.IGNORECASE)
_PROVIDER = re.compile(r"<gestore-emittente>\s*([^<]{1,300})", re.IGNORECASE)
_IDENTIFIER = re.compile(r"<identificativo>\s*([^<\s]{1,300})", re.IGNORECASE)
_DELIVERED_TO = re.compile(r"<consegna>\s*([^<\s]+@[^<\s]+)", re.IGNORECASE)
_ADDRESSED_TO = re.compile(r"<destinatari[^>]*>\s*([^<\s]+@[^<\s]+)", re.IGNORECASE)
_AT = re.compile(
    r"<data[^>]*\bzona\s*=\s*[\"']([+-]\d{4})[\"'][^>]*>\s*<giorno>\s*(\d{2}/\d{2}/\d{4})\s*</giorno>\s*"
    r"<ora>\s*(\d{2}:\d{2}:\d{2})",
    re.IGNORECASE,
)
_LONG_ERROR = re.compile(r"<errore-esteso>\s*([^<]{1,1000})", re.IGNORECASE)


def envelope(parts: Parts, *, subject: str) -> Pec | None:
    """Return what kind of certified mail this claims to be; None for ordinary mail."""
    transport = headers.decode_header(parts.header("x-trasporto")).lower()
    receipt = headers.decode_header(parts.header("x-ricevuta")).lower()
    if receipt in RECEIPTS:
        kind = receipt
    elif transport == "posta-certificata":
        kind = "messaggio"
    elif transport == "errore":
        kind = "anomalia"
    else:
        return None
    sender = headers.addresses(parts.header("from"))
    facts = _facts(parts)
    delivered, addressed = _DELIVERED_TO.findall(facts), _ADDRESSED_TO.findall(facts)
    reference = headers.message_ids(parts.header("x-riferimento-message-id"))
    return Pec(
        kind=kind,
        envelope_from=sender[0].email if sender else "",
        envelope_subject=subject,
        inner_message_id=reference[0] if reference and kind in ("messaggio", "anomalia") else "",
        original_message_id=reference[0] if reference and kind not in ("messaggio", "anomalia") else "",
        provider=_first(_PROVIDER, facts),
        identifier=_first(_IDENTIFIER, facts),
        stated_at=_stated_at(facts),
        recipients=tuple(dict.fromkeys(html.unescape(one) for one in delivered or addressed))[:50],
    )


def _facts(parts: Parts) -> str:
    """Return daticert.xml as text; "" without one. It is searched, never parsed: anybody may have written it."""
    found = (decode(part.content[:65536]) for part in parts.leaves if part.file_name.lower() == "daticert.xml")
    return next(found, "")


def _first(pattern: re.Pattern[str], facts: str) -> str:
    found = pattern.search(facts)
    return html.unescape(found[1]).strip() if found else ""


def _stated_at(facts: str) -> datetime | None:
    found = _AT.search(facts)
    if found is None:
        return None
    try:
        return datetime.strptime(f"{found[2]} {found[3]} {found[1]}", "%d/%m/%Y %H:%M:%S %z")
    except ValueError:
        return None  # a day or an hour that does not exist


def inner_mail(parts: Parts) -> Part | None:
    """Return the certified mail inside an envelope: postacert.eml, or the only mail there is."""
    mails = [
        part for part in parts.leaves if part.media_type == "message/rfc822" or part.file_name.lower().endswith(".eml")
    ]
    named = [part for part in mails if part.file_name.lower() == "postacert.eml"]
    return next(iter(named or mails), None)


def failed_delivery(parts: Parts, pec: Pec) -> tuple[Bounce, ...]:
    """Return the bounces in a receipt of failed delivery: daticert.xml says who and why."""
    if pec.kind not in _FAILED:
        return ()
    facts = _facts(parts)
    error = _ERROR.search(facts)
    why = _LONG_ERROR.search(facts)
    hard = bool(error and error[1].lower() in ("no-dest", "no-dominio"))
    recipients = list(dict.fromkeys(_RECIPIENT.findall(facts)))[:50] or [""]
    diagnostic = why[1].strip() if why else (error[1] if error else pec.envelope_subject)
    return tuple(
        Bounce(recipient, "5.1.1" if hard else "", hard, "failure", diagnostic, pec.original_message_id)
        for recipient in recipients
    )
