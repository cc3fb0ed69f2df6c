"""What is done with messages. Every verb is imported from here; the modules part them by noun."""

from corsia.messaging.rules.gate import Verdict
from corsia.messaging.rules.incoming import Filed, IncomingMessage, NewFile, ReportedBounce
from corsia.messaging.services.automatic import send_template, send_to_customer, send_to_guest
from corsia.messaging.services.by_hand import record_entry_by_hand
from corsia.messaging.services.contact import hold_back, note_contact, take_leave, take_place
from corsia.messaging.services.contact_rules import remove_contact_rules, save_contact_rules
from corsia.messaging.services.filing import file_message
from corsia.messaging.services.gate import may_contact
from corsia.messaging.services.journal import RawItem, store_inbound
from corsia.messaging.services.refusals import (
    AddressInvalid,
    CannotRetry,
    EmptyText,
    FilesTooLarge,
    MayNotContact,
    TextTooLong,
    TooLateToUndo,
    TooManyCopies,
)
from corsia.messaging.services.replies import try_again, undo_send, write_note, write_reply
from corsia.messaging.services.sending import send_due
from corsia.messaging.services.texting import objection_to_text, text_to_customer
from corsia.messaging.services.texts import (
    MissingValue,
    TemplateInvalid,
    TemplateTooLong,
    TemplateUnknown,
    install_templates,
    render_for_case,
    save_template,
)
from corsia.messaging.services.threads import read_by_us

__all__ = [
    "AddressInvalid",
    "CannotRetry",
    "EmptyText",
    "Filed",
    "FilesTooLarge",
    "IncomingMessage",
    "MayNotContact",
    "MissingValue",
    "NewFile",
    "RawItem",
    "ReportedBounce",
    "TemplateInvalid",
    "TemplateTooLong",
    "TemplateUnknown",
    "TextTooLong",
    "TooLateToUndo",
    "TooManyCopies",
    "Verdict",
    "file_message",
    "hold_back",
    "install_templates",
    "may_contact",
    "note_contact",
    "objection_to_text",
    "read_by_us",
    "record_entry_by_hand",
    "remove_contact_rules",
    "render_for_case",
    "save_contact_rules",
    "save_template",
    "send_due",
    "send_template",
    "send_to_customer",
    "send_to_guest",
    "store_inbound",
    "take_leave",
    "take_place",
    "text_to_customer",
    "try_again",
    "undo_send",
    "write_note",
    "write_reply",
]
