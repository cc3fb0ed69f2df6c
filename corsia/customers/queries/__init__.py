"""What pages and other contexts read about customers. Everything is imported from here; the modules part it by noun."""

from corsia.customers.queries.advisors import advisor_text, advisors
from corsia.customers.queries.card import CustomerCard, HeldVehicle, Reach, customer_card
from corsia.customers.queries.consents import ConsentState, consent_of, consents_of, statements_of
from corsia.customers.queries.duplicates import PAGE as DUPLICATES_PAGE
from corsia.customers.queries.duplicates import (
    DuplicatePair,
    SideBySide,
    count_open_duplicates,
    duplicate_pair,
    open_duplicates,
    side_by_side,
)
from corsia.customers.queries.family import family_ids, family_of, survivor_id
from corsia.customers.queries.lists import CustomerRow, holders_of, recent_customers, rows_of
from corsia.customers.queries.page import CustomerPage, customer_page
from corsia.customers.queries.searching import SearchHit, search
from corsia.customers.queries.story import StoryEvent, story_of
from corsia.customers.search_probe import Closeness

__all__ = [
    "DUPLICATES_PAGE",
    "Closeness",
    "ConsentState",
    "CustomerCard",
    "CustomerPage",
    "CustomerRow",
    "DuplicatePair",
    "HeldVehicle",
    "Reach",
    "SearchHit",
    "SideBySide",
    "StoryEvent",
    "advisor_text",
    "advisors",
    "consent_of",
    "consents_of",
    "count_open_duplicates",
    "customer_card",
    "customer_page",
    "duplicate_pair",
    "family_ids",
    "family_of",
    "holders_of",
    "open_duplicates",
    "recent_customers",
    "rows_of",
    "search",
    "side_by_side",
    "statements_of",
    "story_of",
    "survivor_id",
]
