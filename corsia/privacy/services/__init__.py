"""What can be done about privacy: hand out, erase, keep no longer than said."""

from corsia.privacy.services.erasing import erase_rows
from corsia.privacy.services.erasures import CasesElsewhere, ErasureRuns, ask_erasure, repeat_erasure, run_erasure
from corsia.privacy.services.exporting import CopyGone, ask_export, drop_old_exports, run_export, take_export
from corsia.privacy.services.retaining import enforce_terms, save_terms

__all__ = [
    "CasesElsewhere",
    "CopyGone",
    "ErasureRuns",
    "ask_erasure",
    "ask_export",
    "drop_old_exports",
    "enforce_terms",
    "erase_rows",
    "repeat_erasure",
    "run_erasure",
    "run_export",
    "save_terms",
    "take_export",
]
