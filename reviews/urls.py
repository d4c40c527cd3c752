"""The table of contents of this room, below /reviews/."""

from django.urls import path

from reviews.views import history, jobs, people, protocol, reviews, team

app_name = "reviews"
urlpatterns = [
    path("", reviews.review_list, name="list"),
    path("open/", reviews.review_open, name="open"),
    path("preferences/", people.preferences, name="preferences"),
    path("invitations/", team.accept_invitation, name="accept_invitation"),
    path("invitations/<str:token>/", team.accept_invitation, name="accept_invitation"),
    path("<slug:slug>/", reviews.overview, name="overview"),
    path("<slug:slug>/protocol/", protocol.protocol, name="protocol"),
    path("<slug:slug>/protocol/edit/", protocol.protocol_edit, name="protocol_edit"),
    path("<slug:slug>/protocol/criteria/add/", protocol.criterion_add, name="criterion_add"),
    path("<slug:slug>/protocol/criteria/<int:pk>/", protocol.criterion_edit, name="criterion_edit"),
    path("<slug:slug>/protocol/criteria/<int:pk>/move/", protocol.criterion_move, name="criterion_move"),
    path(
        "<slug:slug>/protocol/criteria/<int:pk>/retire/", protocol.criterion_retire, name="criterion_retire"
    ),
    path(
        "<slug:slug>/protocol/criteria/<int:pk>/restore/",
        protocol.criterion_restore,
        name="criterion_restore",
    ),
    path("<slug:slug>/protocol/reasons/add/", protocol.reason_add, name="reason_add"),
    path("<slug:slug>/protocol/reasons/<int:pk>/", protocol.reason_edit, name="reason_edit"),
    path("<slug:slug>/protocol/reasons/<int:pk>/move/", protocol.reason_move, name="reason_move"),
    path("<slug:slug>/protocol/reasons/<int:pk>/retire/", protocol.reason_retire, name="reason_retire"),
    path("<slug:slug>/protocol/reasons/<int:pk>/restore/", protocol.reason_restore, name="reason_restore"),
    path("<slug:slug>/protocol/outcomes/add/", protocol.outcome_add, name="outcome_add"),
    path("<slug:slug>/protocol/outcomes/<int:pk>/", protocol.outcome_edit, name="outcome_edit"),
    path("<slug:slug>/team/", team.team, name="team"),
    path("<slug:slug>/team/invite/", team.member_invite, name="member_invite"),
    path(
        "<slug:slug>/team/invitations/<uuid:public_id>/revoke/",
        team.invitation_revoke,
        name="invitation_revoke",
    ),
    path("<slug:slug>/team/<int:pk>/role/", team.member_role, name="member_role"),
    path("<slug:slug>/team/<int:pk>/remove/", team.member_remove, name="member_remove"),
    path("<slug:slug>/team/<int:pk>/restore/", team.member_restore, name="member_restore"),
    path("<slug:slug>/history/", history.history, name="history"),
    path("<slug:slug>/history.csv", history.history_csv, name="history_csv"),
    path("<slug:slug>/jobs/<int:pk>/", jobs.job, name="job"),
    path("<slug:slug>/jobs/<int:pk>/cancel/", jobs.job_cancel, name="job_cancel"),
    path("<slug:slug>/jobs/<int:pk>/retry/", jobs.job_retry, name="job_retry"),
]
