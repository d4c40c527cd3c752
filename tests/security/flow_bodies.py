"""A body that works for every gesture of the drawing of the flow diagram and of a PRISMA2020 CSV."""

import base64
import json
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from reporting.services.flow_in import compare_file
from tests.security.gestures import Gesture, fixed
from tests.security.world import World

CSV = b"data,boxtext,n\r\nrecords_screened,Titles read,4321\r\nduplicates,Duplicate records,77\r\n"
WANTED = {"template": "new", "each_database": True, "labels": {"screened": "Titles read"}}


def csv_file(here: World, ids: World) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("PRISMA.csv", CSV), "do": "compare"}


def seen(here: World) -> dict[str, int]:
    return {one.id: one.ours for one in compare_file(review=here.review, content=CSV).numbers}


def page_take(here: World, ids: World) -> dict[str, Any]:
    return {
        "content": base64.b64encode(CSV).decode(),
        "file_name": "PRISMA.csv",
        "numbers": [f"{n}:{key}" for key, n in seen(here).items()],
        "labels": ["screened"],
        "reason": "Counted on paper",
    }


def program_take(here: World, ids: World) -> dict[str, Any]:
    chosen = {"numbers": json.dumps(seen(here)), "labels": '["screened"]', "reason": "Counted on paper"}
    return {"file": SimpleUploadedFile("PRISMA.csv", CSV), **chosen}


FLOW = [
    Gesture(
        "reporting:flow_settings",
        "owner",
        fixed(template="new", seen_version=0, **{"label:screened": "Read"}),
    ),
    Gesture("reporting:flow_in", "owner", csv_file, files=True, saves=False),
    Gesture("reporting:flow_in_take", "owner", page_take),
    Gesture("reporting-flow-drawing", "owner", fixed(seen_version=0, **WANTED), method="patch"),
    Gesture("reporting-flow-compare", "owner", csv_file, files=True, saves=False),
    Gesture("reporting-flow-take", "owner", program_take, files=True),
    Gesture("reporting-flow-filled-file", "owner", csv_file, files=True, saves=False),
]
