"""The readers and the de-duplication know nothing of Django."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["records.formats", "records.dedup"])
def test_imports_with_django_blocked(module):
    code = f"import sys; sys.modules['django'] = None; import {module}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
