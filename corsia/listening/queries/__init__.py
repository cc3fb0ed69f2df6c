"""Reads about surveys: the rules in force, what a link opens, what customers answered."""

from corsia.listening.queries.invitations import (
    InvitationRow,
    SurveyPage,
    SurveyRules,
    answers_of,
    answers_of_customer,
    answers_so_far,
    invitation_rows,
    rules_in_force,
    survey_at,
    survey_behind,
    survey_of_response,
    surveys_behind,
)
from corsia.listening.queries.places import place_name
from corsia.listening.queries.results import Results, branches_in_scope, results

__all__ = [
    "InvitationRow",
    "Results",
    "SurveyPage",
    "SurveyRules",
    "answers_of",
    "answers_of_customer",
    "answers_so_far",
    "branches_in_scope",
    "invitation_rows",
    "place_name",
    "results",
    "rules_in_force",
    "survey_at",
    "survey_behind",
    "survey_of_response",
    "surveys_behind",
]
