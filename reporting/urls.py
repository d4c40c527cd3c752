from django.urls import path

from reporting.views import (
    adjustments,
    archive,
    characteristics,
    checklists,
    exports,
    flow_files,
    flow_in,
    flow_settings,
    prisma,
    public,
    report,
    standing,
    versions,
)

app_name = "reporting"
urlpatterns = [
    path("standing/", standing.standing_page, name="standing"),
    path("prisma/", prisma.prisma, name="prisma"),
    path("prisma/live/", prisma.prisma_live, name="prisma_live"),
    path("prisma/corrections/", adjustments.adjustments, name="adjustments"),
    path("prisma/corrections/add/", adjustments.adjustment_add, name="adjustment_add"),
    path(
        "prisma/corrections/<int:pk>/withdraw/", adjustments.adjustment_withdraw, name="adjustment_withdraw"
    ),
    path("prisma/flow.<slug:extension>", flow_files.prisma_file, name="prisma_file"),
    path("prisma/drawing/", flow_settings.flow_settings, name="flow_settings"),
    path("prisma/csv/", flow_in.flow_in, name="flow_in"),
    path("prisma/csv/take/", flow_in.flow_in_take, name="flow_in_take"),
    path("prisma/records/<slug:key>/", prisma.box, name="box"),
    path("report/", report.report, name="report"),
    path("characteristics/", characteristics.characteristics, name="characteristics"),
    path("checklists/", checklists.checklists, name="checklists"),
    path("checklists/<slug:key>/", checklists.checklist, name="checklist"),
    path("checklists/<slug:key>.<slug:extension>", checklists.checklist_file, name="checklist_file"),
    path("checklists/<slug:key>/items/<slug:item>/", checklists.checklist_item, name="checklist_item"),
    path("archive/", archive.archive, name="archive"),
    path("exports/", exports.exports, name="exports"),
    path("exports/<slug:what>.<slug:extension>", exports.export_file, name="export_file"),
    path("exports/made/<int:pk>/", exports.export_made, name="export_made"),
    path("exports/made/<int:pk>/file", exports.export_made_file, name="export_made_file"),
    path("exports/made/<int:pk>/remove", exports.export_made_remove, name="export_made_remove"),
    path("exports/<slug:what>/", exports.export_choose, name="export_choose"),
    path("public/", public.public_pages, name="public_pages"),
    path("public/<uuid:public_id>/revoke/", public.public_revoke, name="public_revoke"),
    path("versions/", versions.versions, name="versions"),
    path("versions/close/", versions.version_close, name="version_close"),
    path("versions/<int:number>/", versions.changes, name="changes"),
    path("versions/<int:number>/withdraw/", versions.version_withdraw, name="version_withdraw"),
    path("versions/<int:number>/restore/", versions.version_restore, name="version_restore"),
]
