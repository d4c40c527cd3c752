"""A body that works for every gesture of the application, by page and by program."""

from tests.security.adjustment_bodies import ADJUSTMENTS
from tests.security.analysis_bodies import ANALYSES
from tests.security.appraisal_bodies import APPRAISAL
from tests.security.archive_bodies import ARCHIVES
from tests.security.automation_bodies import AUTOMATION
from tests.security.certainty_bodies import CERTAINTY
from tests.security.certainty_page_bodies import CERTAINTY_PAGES
from tests.security.checklist_bodies import CHECKLISTS
from tests.security.export_bodies import EXPORTING
from tests.security.flow_bodies import FLOW
from tests.security.page_bodies import PAGES
from tests.security.program_bodies import PROGRAMS
from tests.security.program_bodies_collect import COLLECTING
from tests.security.replay_bodies import REPLAYS
from tests.security.stopping_bodies import STOPPING
from tests.security.version_bodies import VERSIONS

GESTURES = [
    *PAGES,
    *ADJUSTMENTS,
    *APPRAISAL,
    *ANALYSES,
    *ARCHIVES,
    *AUTOMATION,
    *CERTAINTY,
    *CERTAINTY_PAGES,
    *CHECKLISTS,
    *PROGRAMS,
    *COLLECTING,
    *EXPORTING,
    *FLOW,
    *REPLAYS,
    *STOPPING,
    *VERSIONS,
]
