"""URLs of workshop."""

from django.urls import path

from corsia.workshop.web import plan, replan

app_name = "workshop"
urlpatterns = [
    path("plan/", plan.index, name="plan"),
    path("plan/replan/", replan.replan, name="replan"),
    path("plan/replan/accept/", replan.accept, name="replan_accept"),
    path("plan/feed/", plan.feed, name="plan_feed"),
    path("plan/sheet/", plan.sheet, name="plan_sheet"),
    path("plan/backlog/", plan.backlog, name="plan_backlog"),
    path("plan/steps/<int:allocation_id>/", plan.step, name="plan_step_card"),
    path("plan/steps/<int:allocation_id>/move/", plan.move, name="plan_move"),
    path("plan/steps/<int:allocation_id>/undo/", plan.undo, name="plan_undo"),
    path("plan/waiting/<int:visit_job_id>/<int:step_id>/", plan.waiting, name="plan_waiting"),
    path("plan/waiting/<int:visit_job_id>/<int:step_id>/plan/", plan.plan_step, name="plan_step"),
]
