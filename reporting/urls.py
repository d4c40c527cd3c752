from django.urls import path

from reporting import views

app_name = "reporting"
urlpatterns = [
    path("standing/", views.standing_page, name="standing"),
    path("prisma/", views.prisma, name="prisma"),
    path("prisma/flow.<slug:extension>", views.prisma_file, name="prisma_file"),
    path("prisma/records/<slug:key>/", views.box, name="box"),
    path("exports/", views.exports, name="exports"),
    path("exports/<slug:what>.<slug:extension>", views.export_file, name="export_file"),
]
