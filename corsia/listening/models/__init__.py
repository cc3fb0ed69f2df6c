"""Listening's tables: questionnaires, the journey they are about, invitations, responses, and the loop that closes."""

from corsia.listening.models.attachment import AnswerAttachment
from corsia.listening.models.colleague import StaffInvitation
from corsia.listening.models.collected import AnswerFile, AnswerSource, CollectedAnswer, LeftOutLine
from corsia.listening.models.integrity import BeggingWords, FlaggedAnswer, IntegrityFlag, IntegrityRun
from corsia.listening.models.interview import Interview, InterviewKey, InterviewSetup, InterviewWords
from corsia.listening.models.invitation import Invitation, SurveySettings
from corsia.listening.models.journey import Finding, Touchpoint
from corsia.listening.models.loop import Loop, LoopItem
from corsia.listening.models.panel import Panel, PanelStratum
from corsia.listening.models.persona import Persona, PersonaMoment
from corsia.listening.models.plan import ListeningPlan
from corsia.listening.models.questionnaire import Questionnaire, QuestionnaireVersion
from corsia.listening.models.response import Response, ResponseItem
from corsia.listening.models.session import Note, Post, Session, SessionBlock, SessionParticipant
from corsia.listening.models.vision import Benchmark, Guideline, Promise
from corsia.listening.models.visit import MysteryVisit, VisitItem
from corsia.listening.models.voice import Reading, ResponseTopic, TopicWords, WaveSegment

__all__ = [
    "AnswerAttachment",
    "AnswerFile",
    "AnswerSource",
    "BeggingWords",
    "Benchmark",
    "CollectedAnswer",
    "Finding",
    "FlaggedAnswer",
    "Guideline",
    "IntegrityFlag",
    "IntegrityRun",
    "Interview",
    "InterviewKey",
    "InterviewSetup",
    "InterviewWords",
    "Invitation",
    "LeftOutLine",
    "ListeningPlan",
    "Loop",
    "LoopItem",
    "MysteryVisit",
    "Note",
    "Panel",
    "PanelStratum",
    "Persona",
    "PersonaMoment",
    "Post",
    "Promise",
    "Questionnaire",
    "QuestionnaireVersion",
    "Reading",
    "Response",
    "ResponseItem",
    "ResponseTopic",
    "Session",
    "SessionBlock",
    "SessionParticipant",
    "StaffInvitation",
    "SurveySettings",
    "TopicWords",
    "Touchpoint",
    "VisitItem",
    "WaveSegment",
]
