"""Starting takes no longer than it must: heavy libraries are imported where they are used."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: Not for models and apps, which every command, worker and server imports.
NOT_AT_START = {
    "numpy",
    "scipy",
    "sklearn",
    "pandas",
    "openpyxl",
    "docx",
    "pptx",
    "PIL",
    "typst",
    "resvg_py",
    "redis",
}
#: Not for pages and the API either.
NOT_FOR_PAGES = {"sklearn", "pandas", "openpyxl", "PIL", "pptx", "typst", "resvg_py", "redis"}


def test_heavy_libraries_wait_until_they_are_used():
    code = (
        "import sys, os, django\n"
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'tests.settings')\n"
        "django.setup()\n"
        f"print(sorted({NOT_AT_START!r} & set(sys.modules)))\n"
        "import reviewapp.urls\n"
        f"print(sorted({NOT_FOR_PAGES!r} & set(sys.modules)))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.stdout.split("\n")[:2] == ["[]", "[]"], run.stderr
