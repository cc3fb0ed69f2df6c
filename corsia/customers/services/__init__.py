"""What is done with customers. Every verb is imported from here; the modules part them by noun."""

from corsia.customers.services.addresses import (
    AddressData,
    add_address,
    edit_address,
    make_address_primary,
    remove_address,
)
from corsia.customers.services.by_phone import find_or_add_by_phone, users_of_phone
from corsia.customers.services.consents import clear_flag, mark_surveyed, record_consent, set_flag
from corsia.customers.services.contacts import (
    add_contact,
    make_primary,
    mark_bouncing,
    remove_contact,
    set_contact_state,
)
from corsia.customers.services.dues import in_words, owners_to_tell, state_dues_near, tell_owner
from corsia.customers.services.duplicates import decide_duplicate, find_duplicates
from corsia.customers.services.holdings import end_holding, relate, start_holding, unrelate
from corsia.customers.services.importing import CustomerRow, import_customers
from corsia.customers.services.importing_contacts import ContactRow, import_addresses, import_contacts
from corsia.customers.services.importing_holdings import HoldingRow, import_holdings
from corsia.customers.services.index import forget_unused_words, rebuild_index, reindex
from corsia.customers.services.intake import find_or_add_by_email
from corsia.customers.services.merging import merge_customers, unmerge
from corsia.customers.services.milestones import plan_list, state_lapsed, state_list, state_milestone
from corsia.customers.services.opting_out import opt_out, undo_opt_out
from corsia.customers.services.records import CustomerData, add_customer, edit_customer

__all__ = [
    "AddressData",
    "ContactRow",
    "CustomerData",
    "CustomerRow",
    "HoldingRow",
    "add_address",
    "add_contact",
    "add_customer",
    "clear_flag",
    "decide_duplicate",
    "edit_address",
    "edit_customer",
    "end_holding",
    "find_duplicates",
    "find_or_add_by_email",
    "find_or_add_by_phone",
    "forget_unused_words",
    "import_addresses",
    "import_contacts",
    "import_customers",
    "import_holdings",
    "in_words",
    "make_address_primary",
    "make_primary",
    "mark_bouncing",
    "mark_surveyed",
    "merge_customers",
    "opt_out",
    "owners_to_tell",
    "plan_list",
    "rebuild_index",
    "record_consent",
    "reindex",
    "relate",
    "remove_address",
    "remove_contact",
    "set_contact_state",
    "set_flag",
    "start_holding",
    "state_dues_near",
    "state_lapsed",
    "state_list",
    "state_milestone",
    "tell_owner",
    "undo_opt_out",
    "unmerge",
    "unrelate",
    "users_of_phone",
]
