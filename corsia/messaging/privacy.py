"""The privacy classes of messages, raw mail and the outbox."""

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from corsia.cases.privacy import CASES
from corsia.customers.privacy import CARE
from corsia.events import messaging as facts
from corsia.kernel.privacy import (
    ANONYMOUS,
    Class,
    Erase,
    FactParts,
    Kind,
    Subject,
    Table,
    Term,
    belongs_to_others,
    declare,
    declare_facts,
    each,
    plain,
    through,
)
from corsia.messaging.models import Mailbox, Message
from corsia.messaging.vocabulary import InboundState, Outcome
from corsia.organisation.privacy import STAFF_TECHNICAL

RAW_MAIL = Term(
    key="raw_mail", title=_("Mail as it came in, byte for byte"), days=90, counts_from=_("the day it was received")
)
CONTACTS = Term(
    key="contacts",
    title=_("Contacts counted, and what was held back"),
    days=365,
    counts_from=_("the day of the contact"),
)
OUTBOX = Term(key="outbox", title=_("Outbox"), days=365, counts_from=_("the day of the mail"))

_technical = Class(kind=Kind.TECHNICAL, purpose=CARE, kept=CASES, reason=ANONYMOUS)
_technical_gone = Class(kind=Kind.TECHNICAL, purpose=CARE, kept=CASES, erase=Erase.BLANK)
_text = Class(kind=Kind.CONTENT, purpose=CARE, kept=CASES, erase=Erase.BLANK)
_contact = Class(kind=Kind.CONTACT, purpose=CARE, kept=CASES, erase=Erase.BLANK)
_chat_name = Class(kind=Kind.CONTACT, purpose=CARE, kept=CASES, erase=Erase.PSEUDONYM)
_shown_text = Class(kind=Kind.CONTENT, purpose=CARE, kept=CASES, erase=Erase.PSEUDONYM)
_file = Class(kind=Kind.CONTENT, purpose=CARE, kept=CASES, erase=Erase.DELETE)
_file_contact = Class(kind=Kind.CONTACT, purpose=CARE, kept=CASES, erase=Erase.DELETE)
_file_technical = Class(kind=Kind.TECHNICAL, purpose=CARE, kept=CASES, erase=Erase.DELETE)
_raw = Class(kind=Kind.CONTENT, purpose=CARE, kept=RAW_MAIL, erase=Erase.BLANK)
_raw_contact = Class(kind=Kind.CONTACT, purpose=CARE, kept=RAW_MAIL, erase=Erase.BLANK)
_out = Class(kind=Kind.CONTENT, purpose=CARE, kept=OUTBOX, erase=Erase.DELETE)
_counted = Class(kind=Kind.TECHNICAL, purpose=CARE, kept=CONTACTS, erase=Erase.DELETE)
_out_contact = Class(kind=Kind.CONTACT, purpose=CARE, kept=OUTBOX, erase=Erase.DELETE)
_out_technical = Class(kind=Kind.TECHNICAL, purpose=CARE, kept=OUTBOX, erase=Erase.DELETE)

# What mail becomes when it becomes no message: few rows, so that their bytes can be searched.
_NO_MESSAGE = ["", Outcome.AUTOMATIC, Outcome.BOUNCE, Outcome.DUPLICATE, Outcome.QUARANTINED, Outcome.RECEIPT]

_of_customer = through("customer", "case__customer")
_of_message = through("message__customer", "message__case__customer")


def _raw_mail_of(subject: Subject) -> list[Q]:
    """Return the originals of their messages, and what else carries an address only they have: bounces, quarantine.

    Reports of mail servers name the address in their bytes only, so those that became no message are searched.
    """
    mine = [Message.unscoped.filter(wanted, inbound__isnull=False) for wanted in _of_customer(subject)]
    found = [Q(pk__in=messages.values("inbound")) for messages in mine]
    for address in subject.addresses:
        names_them = Q(envelope_from__iexact=address) | Q(raw__has_bytes=address.encode())
        found.append(
            Q(outcome__in=_NO_MESSAGE) & names_them & ~Q(Exists(Message.unscoped.filter(inbound=OuterRef("pk"))))
        )
    return found


def _outgoing_of(subject: Subject) -> list[Q]:
    of_no_case = through("customer")(subject)
    return [*_of_message(subject), *of_no_case, Q(message__isnull=True, to_address__in=subject.addresses)]


declare(
    Table(
        model="messaging.Mailbox",
        title=_("Mailboxes"),
        fields=plain(
            *("id", "unit", "address", "name", "process_key", "acknowledges", "imap_host", "imap_port", "imap_user"),
            *("imap_secret", "imap_is_oauth", "imap_folder", "imap_uid_validity", "imap_last_uid", "last_polled_at"),
            *("last_error", "is_active", "is_mailing_group", "oauth_access_token", "oauth_client_id"),
            *("oauth_client_secret", "oauth_expires_at", "oauth_provider", "oauth_refresh_token", "oauth_tenant"),
        ),
    ),
    Table(
        model="messaging.Inbound",
        title=_("Mail as it came in"),
        rows=_raw_mail_of,
        ages_from="received_at",
        ages_if=~Q(state=InboundState.RECEIVED),
        fields={
            # The hash stays: a mail server that repeats an erased mail must not bring it back.
            **plain("id", "source", "dedupe_key", "size", "state", "outcome", "attempts", "claimed_at", "mailbox"),
            **plain("unit", "received_at", "opens_case", "account"),
            "raw": _raw.called(_("Original")),
            "envelope_from": _raw_contact.called(_("From")),
            "envelope_to": _raw_contact.called(_("To")),
            "reason": _raw,
        },
    ),
    Table(
        model="messaging.Message",
        title=_("Messages"),
        rows=_of_customer,
        ages_from="case__closed_at",
        fields={
            **plain("id", "unit", "inbound", "is_automatic", "is_sender_unproven", "flags"),
            "author": STAFF_TECHNICAL,
            "case": _technical.called(_("Case")),
            "customer": _technical,
            "direction": _technical.called(_("Direction")),
            "channel": _technical.called(_("Channel")),
            "at": _technical.called(_("At")),
            "author_name": Class(
                kind=Kind.IDENTITY, purpose=CARE, kept=CASES, erase=Erase.BLANK, label=_("Written by")
            ),
            "from_address": _contact.called(_("From"), is_address=True),
            "to_addresses": _contact.called(_("To")),
            "cc_addresses": _contact.called(_("Copy to")),
            "subject": _text.called(_("Subject")),
            "text": _shown_text.called(_("Text")),
            "full_text": _text.called(_("Whole text")),
            "html": _text,
            "header_id": _technical_gone,
            "in_reply_to": _technical_gone,
        },
    ),
    Table(
        model="messaging.Attachment",
        title=_("Attachments"),
        rows=_of_message,
        ages_from="message__case__closed_at",
        fields={
            **plain("id"),
            "message": _file_technical.called(_("Message")),
            "blob": _file_technical,
            "name": _file.called(_("File")),
            "media_type": _file_technical.called(_("Type")),
            "size": _file_technical.called(_("Bytes")),
            "content_id": _file_technical,
            "is_inline": _file_technical,
        },
    ),
    Table(
        model="messaging.CertifiedRecord",
        title=_("Envelopes and receipts of certified mail"),
        rows=_of_message,
        ages_from="message__case__closed_at",
        fields={
            **plain("id", "inbound"),
            "message": _file_technical.called(_("Message")),
            "kind": _file_technical.called(_("Kind")),
            "recipient": _file_contact.called(_("To")),
            "envelope_from": _file_contact,
            "envelope_subject": _file,
            "stated_at": _file_technical.called(_("At")),
            **each(_file_technical, "provider", "identifier", "received_at"),
        },
    ),
    Table(
        model="messaging.Thread",
        title=_("Heads of conversations"),
        rows=through("case__customer"),
        ages_from="case__closed_at",
        fields={
            **plain("case", "channel", "last_message_at", "last_direction", "messages", "unread", "waiting_since"),
            **plain("mailbox", "correspondent"),
            "preview": _text,
            "reply_address": _contact.called("", is_address=True),
        },
    ),
    Table(
        model="messaging.Outgoing",
        title=_("Outbox"),
        rows=_outgoing_of,
        ages_from="created_at",
        fields={
            **plain("id", "unit", "mailbox", "reason", "idempotency_key", "secret_body", "channel", "correspondent"),
            **each(_out_technical, "customer", "language"),
            "to_address": _out_contact.called(_("To")),
            "to_name": _out_contact,
            "cc_addresses": _out_contact,
            "subject": _out.called(_("Subject")),
            "body": _out.called(_("Text")),
            "secret_body": _out_technical,
            **each(_out_technical, "message", "header_id", "in_reply_to", "references", "unsubscribe_url", "state"),
            **each(_out_technical, "send_after", "cancel_if_customer_writes", "attempts", "claimed_at", "sent_at"),
            **each(_out_technical, "last_error", "created_at", "provider_id", "delivered_at", "read_at"),
            "content": _out,
        },
    ),
    Table(
        model="messaging.DeliveredPart",
        title=_("Outbox"),
        rows=through("outgoing__message__customer", "outgoing__message__case__customer"),
        ages_from="outgoing__created_at",
        fields={**plain("id"), **each(_out_technical, "outgoing", "number", "provider_id")},
    ),
    Table(
        model="messaging.ContactRules",
        title=_("Rules about contacting customers"),
        fields=plain(
            *("id", "unit", "days", "total", "kept_for_service", "surveys", "marketing", "manufacturer"),
            *("patience_days", "answer_minutes", "weekday_from", "weekday_until", "saturday_from", "saturday_until"),
            *("sunday_from", "sunday_until", "holidays_are_quiet", "closures_are_quiet"),
        ),
    ),
    Table(
        model="messaging.CountedContact",
        title=_("Contacts counted"),
        rows=through("customer"),
        ages_from="at",
        fields={
            **plain("id", "taken_by", "key"),
            **each(_counted, "customer", "outgoing"),
            "channel": _counted.called(_("Channel")),
            "purpose": _counted.called(_("Purpose")),
            "at": _counted.called(_("At")),
        },
    ),
    Table(
        model="messaging.HeldBack",
        title=_("Held back or put off"),
        rows=through("customer"),
        ages_from="at",
        fields={
            **plain("id", "unit", "key"),
            **each(_counted, "customer", "outgoing", "is_final", "not_before"),
            "channel": _counted.called(_("Channel")),
            "purpose": _counted.called(_("Purpose")),
            "reason": _counted.called(_("Reason")),
            "at": _counted.called(_("At")),
        },
    ),
    Table(
        model="messaging.EventRule",
        title=_("Rules for planned contacts"),
        fields={
            **plain("id", "unit", "name", "occasion", "make", "words", "delay_kind", "delay_minutes", "send_hour"),
            **plain("max_age_days", "follow_up", "process_key", "template_key", "sms_key", "sms_first"),
            **plain("task_title", "is_active"),
            **each(STAFF_TECHNICAL, "changed_by", "changed_at"),
        },
    ),
    Table(
        model="messaging.PlannedContact",
        title=_("Planned contacts"),
        rows=through("customer"),
        ages_from="created_at",
        fields={
            **plain("id", "unit", "rule", "customer", "vehicle", "case", "occasion_id", "way"),
            "reached_at": _out_technical.called(_("Event")),
            "send_after": _out_technical.called(_("Planned for")),
            "reference": _out.called(_("Number")),
            "detail": _out.called(_("Detail")),
            **each(_out_technical, "state", "why", "created_at", "done_at"),
            "cancelled_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="messaging.AutomaticSend",
        title=_("Last automatic mail to an address"),
        rows=lambda subject: [Q(address__in=subject.addresses)],
        ages_from="sent_at",
        fields={**plain("id"), "address": _out_contact, "sent_at": _out_technical},
    ),
    Table(
        model="messaging.ChannelAccount",
        title=_("Channels"),
        fields=plain(
            *("id", "unit", "channel", "name", "address", "external_id", "hook_key", "token", "signing_secret"),
            *("hello_secret", "process_key", "queue", "calendar", "first_answer_minutes", "greeting_it", "greeting_en"),
            *("away_it", "away_en", "has_bot", "is_active", "last_in_at", "last_out_at", "last_error", "last_error_at"),
            "created_at",
        ),
    ),
    Table(
        model="messaging.Correspondent",
        title=_("Who writes by chat channels"),
        rows=through("customer"),
        ages_from="last_in_at",
        fields={
            # The row stays for the conversations that name it; what says who it was goes.
            **plain("id", "group", "account", "first_seen_at"),
            "external_id": _chat_name.called(_("Name or number on the channel")),
            "name": Class(kind=Kind.IDENTITY, purpose=CARE, kept=CASES, erase=Erase.BLANK, label=_("Name")),
            "phone": _contact.called(_("Phone")),
            "language": _technical,
            "customer": _technical_gone,
            "is_proven": _technical,
            "last_in_at": _technical,
            "opted_out_at": _technical.called(_("Wants no messages since")),
        },
    ),
    Table(
        model="messaging.Template",
        title=_("Texts"),
        fields=plain("id", "unit", "key", "name_it", "name_en", "reason", "is_active"),
    ),
    Table(
        model="messaging.TemplateText",
        title=_("Texts"),
        fields=plain("id", "template", "language", "subject", "body"),
    ),
)
declare_facts(
    FactParts(fact=facts.MessageReceived, personal=("preview",), keys=("channel",)),
    FactParts(fact=facts.MessageSent, personal=("preview",), keys=("channel",)),
    FactParts(fact=facts.MessageBounced, personal=("preview", "address"), keys=("channel",)),
)


def _our_mailboxes(subject: Subject) -> set[str]:
    return set(Mailbox.unscoped.filter(address__in=subject.addresses).values_list("address", flat=True))


belongs_to_others(_our_mailboxes)
