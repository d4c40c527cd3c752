"""Settings of the test run: the product's own, read from a private environment that goes with the process.

Each pytest-xdist worker is a process of its own and so has a database, a broker and files of its own. The test
database is a file, because a Celery worker in another process must see it; DATABASE_URL chooses PostgreSQL.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

RUN_DIR = Path(tempfile.mkdtemp(prefix="review-tests-", dir="/tmp"))  # short: a socket goes there
(RUN_DIR / "static").mkdir()
atexit.register(shutil.rmtree, RUN_DIR, ignore_errors=True)

os.environ["VAR_DIR"] = str(RUN_DIR)
os.environ["TEST_DATABASE_FILE"] = str(RUN_DIR / "test.sqlite3")
os.environ["CELERY_BROKER_URL"] = (
    f"redis+socket://{RUN_DIR}/redis.sock"  # started by the fixture redis_server
)
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps an event loop in the thread of the tests
os.environ.pop("REDIS_URL", None)  # the cache is the database's: a test that needs Redis asks for it

from reviewapp.settings import *  # noqa: E402, F403
