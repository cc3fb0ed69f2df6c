"""URLs of workshop."""

from django.urls import URLPattern, path

from corsia.workshop.web import book, day, orders, plan, plan_steps, reception, replan, setup, terminal, visits

app_name = "workshop"
urlpatterns: list[URLPattern] = [
    # booking
    path("", day.day, name="day"),
    path("book/", book.book, name="book"),
    path("book/hold/", book.hold, name="hold"),
    path("visits/<int:visit_id>/", visits.visit, name="visit"),
    path("visits/<int:visit_id>/confirm/", visits.confirm, name="confirm"),
    path("visits/<int:visit_id>/move/", visits.move, name="move"),
    path("visits/<int:visit_id>/cancel/", visits.cancel, name="cancel"),
    path("visits/<int:visit_id>/miss/", visits.miss, name="miss"),
    path("panels/customers/<int:customer_id>/", visits.customer_panel, name="customer_panel"),
    path("panels/vehicles/<int:vehicle_id>/", visits.vehicle_panel, name="vehicle_panel"),
    path("panels/cases/<int:case_id>/", visits.case_panel, name="case_panel"),
    # orders, reception, terminal
    path("orders/", orders.index, name="orders"),
    path("orders/new/", reception.walk_in, name="walk_in"),
    path("orders/<int:order_id>/", orders.show, name="order"),
    path("orders/<int:order_id>/lines/", orders.add_line, name="add_line"),
    path("orders/<int:order_id>/extra/", orders.propose, name="propose_extra"),
    path("orders/<int:order_id>/decide/", orders.decide, name="decide_extra"),
    path("orders/<int:order_id>/promise/", orders.promise, name="change_promise"),
    path("orders/<int:order_id>/pictures/", orders.add_picture, name="add_picture"),
    path("orders/<int:order_id>/quality/", orders.quality, name="to_quality"),
    path("orders/<int:order_id>/ready/", orders.ready, name="set_ready"),
    path("orders/<int:order_id>/close/", orders.close, name="close_order"),
    path("orders/<int:order_id>/paper.pdf", orders.paper, name="order_paper"),
    path("orders/pictures/<int:picture_id>/", orders.picture, name="picture"),
    path("orders/pictures/<int:picture_id>/show/", orders.show_picture, name="show_picture"),
    path("orders/lines/<int:line_id>/finish/", orders.finish_line, name="finish_line"),
    path("orders/lines/<int:line_id>/withdraw/", orders.withdraw_line, name="withdraw_line"),
    path("reception/<int:visit_id>/", reception.receive, name="reception"),
    path("terminal/", terminal.show, name="terminal"),
    path("terminal/send/", terminal.send, name="terminal_send"),
    path("terminal/worker.js", terminal.worker, name="terminal_worker"),
    # setting up
    path("setup/", setup.show, name="setup"),
    path("setup/open/", setup.open_one, name="open_workshop"),
    path("setup/<int:workshop_id>/save/", setup.save, name="save_setup"),
    path("setup/<int:workshop_id>/technicians/", setup.add_technician, name="add_technician"),
    path("setup/<int:workshop_id>/bays/", setup.add_bay, name="add_bay"),
    path("setup/<int:workshop_id>/cars/", setup.add_car, name="add_car"),
    path("setup/technicians/<int:technician_id>/retire/", setup.retire_technician, name="retire_technician"),
    path("setup/bays/<int:bay_id>/retire/", setup.retire_bay, name="retire_bay"),
    path("setup/cars/<int:car_id>/retire/", setup.retire_car, name="retire_car"),
    # planning
    path("plan/", plan.index, name="plan"),
    path("plan/replan/", replan.replan, name="replan"),
    path("plan/replan/ask/", replan.ask, name="replan_ask"),
    path("plan/proposals/<int:proposal_id>/", replan.proposal, name="proposal"),
    path("plan/proposals/<int:proposal_id>/accept/", replan.accept, name="proposal_accept"),
    path("plan/proposals/<int:proposal_id>/discard/", replan.discard, name="proposal_discard"),
    path("plan/proposals/<int:proposal_id>/undo/", replan.undo, name="proposal_undo"),
    path("plan/calls/<int:call_id>/told/", replan.tick, name="call_tick"),
    path("plan/feed/", plan.feed, name="plan_feed"),
    path("plan/sheet/", plan.sheet, name="plan_sheet"),
    path("plan/backlog/", plan.backlog, name="plan_backlog"),
    path("plan/steps/<int:allocation_id>/", plan_steps.step, name="plan_step_card"),
    path("plan/steps/<int:allocation_id>/move/", plan_steps.move, name="plan_move"),
    path("plan/steps/<int:allocation_id>/undo/", plan_steps.undo, name="plan_undo"),
    path("plan/waiting/<int:visit_job_id>/<int:step_id>/", plan_steps.waiting, name="plan_waiting"),
    path("plan/waiting/<int:visit_job_id>/<int:step_id>/plan/", plan_steps.plan_step, name="plan_step"),
]
