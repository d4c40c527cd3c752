import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reviewapp.settings")
application = get_wsgi_application()

# The addresses and what answers them are read now, once for all workers of a server that preloads, not in somebody's
# first request. What is there by then stays for good: the collector need not look through it again and again, which
# would hold up a request for a tenth of a second.
get_resolver().url_patterns  # noqa: B018
gc.collect()
gc.freeze()
