"""Reads about surveys: the rules in force, what a link opens, what customers answered."""

from corsia.listening.queries.invitations import (
    InvitationRow,
    SurveyPage,
    SurveyRules,
    answers_of_customer,
    invitation_rows,
    rules_in_force,
    survey_behind,
)
from corsia.listening.queries.places import place_name
from corsia.listening.queries.results import Results, branches_in_scope, results

__all__ = [
    "InvitationRow",
    "Results",
    "SurveyPage",
    "SurveyRules",
    "answers_of_customer",
    "branches_in_scope",
    "invitation_rows",
    "place_name",
    "results",
    "rules_in_force",
    "survey_behind",
]
