from django.urls import path

from reporting.views import characteristics, exports, flow_files, prisma, standing

app_name = "reporting"
urlpatterns = [
    path("standing/", standing.standing_page, name="standing"),
    path("prisma/", prisma.prisma, name="prisma"),
    path("prisma/flow.<slug:extension>", flow_files.prisma_file, name="prisma_file"),
    path("prisma/records/<slug:key>/", prisma.box, name="box"),
    path("characteristics/", characteristics.characteristics, name="characteristics"),
    path("exports/", exports.exports, name="exports"),
    path("exports/<slug:what>.<slug:extension>", exports.export_file, name="export_file"),
]
