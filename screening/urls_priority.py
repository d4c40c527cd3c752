"""Addresses of the place "Priority": the order of screening, when to stop, replays, automation."""

from django.urls import path

from screening.views import automation, priority, replays, stopping

urlpatterns = [
    path("priority/", priority.priority, name="priority"),
    path("priority/stopping/", stopping.stopping_page, name="stopping"),
    path("priority/stopping/stop/", stopping.stop, name="stop"),
    path("priority/stopping/undo/", stopping.stop_undo, name="stop_undo"),
    path("priority/stopping/sample/", stopping.sample_begin, name="sample_begin"),
    path("priority/stopping/sample/end/", stopping.sample_close, name="sample_close"),
    path("records/<int:pk>/bring-back/", stopping.record_bring_back, name="record_bring_back"),
    path("priority/automation/", automation.automation_page, name="automation"),
    path("priority/automation/filter/look/", automation.filter_look, name="filter_look"),
    path("priority/automation/filter/apply/", automation.filter_apply, name="filter_apply"),
    path("priority/automation/filter/<int:pk>/", automation.filtered, name="filtered"),
    path("priority/automation/filter/<int:pk>/undo/", automation.filter_undo, name="filter_undo"),
    path("priority/automation/filter/back/<int:pk>/", automation.filter_back, name="filter_back"),
    path("priority/automation/switch/", automation.automation_switch, name="automation_switch"),
    path("priority/automation/plan/", automation.automation_plan, name="automation_plan"),
    path("priority/automation/cast/", automation.automation_cast, name="automation_cast"),
    path("priority/automation/withdraw/", automation.automation_withdraw, name="automation_withdraw"),
    path("priority/replays/", replays.replays, name="replays"),
    path("priority/replays/ask/", replays.replay_ask, name="replay_ask"),
    path("priority/replays/<int:pk>/", replays.replay, name="replay"),
    path("priority/<stage:stage>/learn/", priority.priority_learn, name="priority_learn"),
    path("priority/<stage:stage>/file/", priority.priority_file, name="priority_file"),
    path("priority/<stage:stage>/import/", priority.priority_import, name="priority_import"),
    path("priority/<stage:stage>/<int:pk>/why/", priority.why, name="why"),
]
