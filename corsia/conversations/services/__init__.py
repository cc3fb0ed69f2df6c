"""What people do in the inbox. Everything is imported from here; the modules part it by noun."""

from corsia.conversations.services.dossiers import ask_dossier, dossier_file, run_dossier, still_tells
from corsia.conversations.services.drafts import drop_draft, keep_draft
from corsia.conversations.services.macros import (
    Applied,
    MacroNeedsName,
    MacroSteps,
    apply_macro,
    delete_macro,
    save_macro,
)
from corsia.conversations.services.presence import be_here, forget_viewings, leave, mark_read
from corsia.conversations.services.writing import add_note, close_conversation, send_reply

__all__ = [
    "Applied",
    "MacroNeedsName",
    "MacroSteps",
    "add_note",
    "apply_macro",
    "ask_dossier",
    "be_here",
    "close_conversation",
    "delete_macro",
    "dossier_file",
    "drop_draft",
    "forget_viewings",
    "keep_draft",
    "leave",
    "mark_read",
    "run_dossier",
    "save_macro",
    "send_reply",
    "still_tells",
]
