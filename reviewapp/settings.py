"""Settings: one documented table of environment variables (docs/operations.md), safe defaults, no secrets.

The embedded default is SQLite and a Redis on a private unix socket; DATABASE_URL and REDIS_URL switch to
PostgreSQL and a shared Redis with no other change.
"""

import os
from pathlib import Path

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from reviewapp.environment import flag, number, secret_key, words

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("VAR_DIR", BASE_DIR / "var"))
VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

DEBUG = flag("DEBUG", default=False)
SECRET_KEY = secret_key(VAR_DIR / "secret_key")
ALLOWED_HOSTS = words("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
if DEBUG and set(ALLOWED_HOSTS) - {"localhost", "127.0.0.1", "[::1]"}:
    raise ImproperlyConfigured("DEBUG shows source code to visitors: it may only be on for localhost.")
CSRF_TRUSTED_ORIGINS = words("CSRF_TRUSTED_ORIGINS", default=[])
SITE_URL = os.environ.get("SITE_URL", "http://127.0.0.1:8000")

# --- rooms -----------------------------------------------------------------------------------------------
ROOMS = ["reviews", "records", "screening", "appraisal", "extraction", "analysis", "certainty", "reporting"]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "django_htmx",
    "django_filters",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "reviewapp",
    *ROOMS,
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",  # before WhiteNoise, so that static files carry it, too
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "reviewapp.middleware.keep_out_of_caches",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "reviewapp.middleware.RefuseWhatCannotBeStored",
]
ROOT_URLCONF = "reviewapp.urls"
WSGI_APPLICATION = "reviewapp.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "reviews.access.membership_context",
                "screening.remarks.notices_context",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- data ------------------------------------------------------------------------------------------------
DATABASES = {
    "default": dj_database_url.config(default=f"sqlite:///{VAR_DIR / 'db.sqlite3'}", conn_health_checks=True)
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Django's defaults lose a third of 50 reviewers' votes to "database is locked" (reviews/checks.py refuses
    # them). FULL: a vote that was answered "saved" survives a power cut.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;"
        "PRAGMA temp_store=MEMORY;PRAGMA cache_size=-65536;",
    }
    DATABASES["default"]["TEST"] = {"NAME": os.environ.get("TEST_DATABASE_FILE") or None}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = number("DATABASE_CONN_MAX_AGE", default=60)
if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    # Compiling a query (JIT) takes longer than the pages' queries do: its cost is guessed from the number of rows,
    # and lists with a few EXISTS are guessed dear although they stop after the first fifty rows.
    # What DATABASE_URL says comes after.
    chosen = DATABASES["default"].setdefault("OPTIONS", {})
    chosen["options"] = f"-c jit=off {chosen.get('options', '')}".strip()

REDIS_URL = os.environ.get("REDIS_URL", "")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": VAR_DIR / "cache",
        # failed sign-ins are counted here: nobody must be able to push the counts out by making others
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}
if REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
    CACHES["default"] = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}

# --- background work (the database row is the truth, the broker a doorbell: reviews/jobs.py) --------------
CELERY_BROKER_URL = os.environ.get("CELERY_BROKER_URL") or REDIS_URL.replace("unix://", "redis+socket://")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 100
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 600_000
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SOFT_TIME_LIMIT = 600
CELERY_TASK_TIME_LIMIT = 660
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {
    "visibility_timeout": 900,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 2,
    # a request that rings must not wait for a broker that is down: kombu's own pauses add up to six seconds
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.2,
    "interval_max": 0.5,
}
if CELERY_BROKER_URL.startswith("filesystem://"):
    folder = VAR_DIR / "broker"
    folder.mkdir(exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(folder),
        "data_folder_out": str(folder),
        "control_folder": str(folder / "control"),
        "polling_interval": 0.05,
    }
JOB_LEASE_SECONDS = number("JOB_LEASE_SECONDS", default=60)
JOB_HEARTBEAT_SECONDS = number("JOB_HEARTBEAT_SECONDS", default=15)
JOB_RESEND_SECONDS = number("JOB_RESEND_SECONDS", default=30)
JOB_JANITOR_SECONDS = number("JOB_JANITOR_SECONDS", default=15)
RANK_SECONDS = number("RANK_SECONDS", default=10)  # how often orders are looked at
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "janitor": {"task": "reviews.janitor", "schedule": JOB_JANITOR_SECONDS},
    "count-held-votes": {"task": "screening.count_held", "schedule": JOB_JANITOR_SECONDS},
    # one that waited longer is worth nothing: the next one asks the same
    "rankings": {
        "task": "screening.rank_due",
        "schedule": RANK_SECONDS,
        "options": {"expires": RANK_SECONDS},
    },
    "retractions": {"task": "screening.check_due_retractions", "schedule": 3600},
    "exports": {"task": "reporting.clear_exports", "schedule": 3600},
    "worker-heartbeat": {"task": "reviews.worker_heartbeat", "schedule": 15},
}
WORKER_HEARTBEAT_FILE = VAR_DIR / "worker-heartbeat"

# --- files -----------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
RANKING_CACHE = VAR_DIR / "rankings"  # words of records as numbers; may be deleted, and is made anew
MEDIA_ROOT = VAR_DIR / "media"  # never served by URL: every file goes through a view that asks who you are
MEDIA_URL = ""
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
FILE_UPLOAD_HANDLERS = [
    "reviewapp.uploads.CutAtLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
UPLOAD_LIMIT_BYTES = number("UPLOAD_LIMIT_MB", default=50) * 1024 * 1024
EXPORT_KEEP_DAYS = number("EXPORT_KEEP_DAYS", default=30)  # exports made in the background
IMPORT_LIMIT_BYTES = (
    number("IMPORT_LIMIT_MB", default=300) * 1024 * 1024
)  # search results: 100,000 with abstracts
ARCHIVE_LIMIT_BYTES = number("ARCHIVE_LIMIT_MB", default=2048) * 1024 * 1024  # a whole review with its PDFs
RETRACTION_LIST = os.environ.get(
    "RETRACTION_LIST", ""
)  # a file in Retraction Watch's layout, for all reviews
PDF_SCAN_COMMAND = os.environ.get("PDF_SCAN_COMMAND", "")  # a virus scanner, such as: clamdscan --no-summary
DATA_UPLOAD_MAX_NUMBER_FILES = 500  # PDFs that are dropped together
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

# --- other servers: none is asked unless somebody who runs this one says so -------------------------------
NETWORK_IMPORTS = flag("NETWORK_IMPORTS", default=False)  # PubMed and OpenAlex, from the worker
NCBI_API_KEY = os.environ.get("NCBI_API_KEY", "")
OPENALEX_API_KEY = os.environ.get("OPENALEX_API_KEY", "")
CONTACT_EMAIL = os.environ.get(
    "CONTACT_EMAIL", ""
)  # who NCBI and OpenAlex write to, instead of shutting us out
OPEN_ACCESS_PDFS = flag(
    "OPEN_ACCESS_PDFS", default=False
)  # open PDFs that Unpaywall names are fetched and kept

# --- people ----------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "reviews.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "reviews:list"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "reviews.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "reviews.accounts.SignupNameForm"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_SESSION_REMEMBER = None
OPEN_SIGNUP = flag("OPEN_SIGNUP", default=False)  # accounts are by invitation unless this is on
ALLAUTH_TRUSTED_PROXY_COUNT = number("TRUSTED_PROXY_COUNT", default=0)
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Review"
USERSESSIONS_TRACK_ACTIVITY = False
EMAIL_BACKEND = os.environ.get("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
EMAIL_HOST = os.environ.get("EMAIL_HOST", "localhost")
EMAIL_PORT = number("EMAIL_PORT", default=25)
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = flag("EMAIL_USE_TLS", default=False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "reviews@localhost")

# --- language, time --------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
TIME_ZONE = os.environ.get("TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True

# --- API -------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",  # first: then nobody gets a 401, not a 403
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": [
        "reviews.api_parsers.SaneJSONParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_FILTER_BACKENDS": ["reviews.api_filters.ListFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "reviews.api_pages.Pages",
    "PAGE_SIZE": 100,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "reviews.api_errors.handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Review application",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "ENUM_NAME_OVERRIDES": {
        "RoleEnum": "reviews.models.people.ROLE_CHOICES",
        "CriterionKindEnum": "reviews.models.Criterion.Kind",
        "OutcomeKindEnum": "reviews.models.Outcome.Kind",
        "AssessmentKindEnum": "appraisal.models.Assessment.Kind",
        "ResultKindEnum": "extraction.models.Result.Kind",
        "MaybeRuleEnum": "reviews.models.Review.MaybeRule",
        "IntakeKindEnum": "screening.models.Intake.Kind",
        "TermListKindEnum": "screening.models.TermList.Kind",
        "RoundKindEnum": "screening.models.Round.Kind",
        "RemovalKindEnum": "screening.models.AutomaticRemoval.Kind",
        "StoppingRuleEnum": "screening.stopping_words.Rule",
        "DesignRuleEnum": "screening.priority.design.RULES",
        "AllocationWayEnum": "screening.models.Allocation.Way",
        "StandardSectionEnum": "extraction.form_schema.STANDARD",
        "StudyDesignEnum": "screening.models.Study.Design",
        "PlanKindEnum": "analysis.models.Plan.Kind",
        "PoolingMethodEnum": "analysis.models.Plan.Method",
        "ExplorationKindEnum": "analysis.models.Exploration.Kind",
        "VocabularyKindEnum": "extraction.models.VocabularyTerm.Kind",
        "ExtractionKindEnum": "extraction.models.Extraction.Kind",
        "ArmRoleEnum": "extraction.models.Arm.Role",
        "RaterEnum": "extraction.models.Result.Rater",
        "JobStateEnum": "reviews.models.Job.State",
        "ImportStateEnum": "records.models.ImportBatch.State",
        "CandidateStateEnum": "records.models.DuplicateCandidate.State",
        "VerdictStateEnum": "screening.models.Verdict.State",
        "FullTextStateEnum": "screening.models.FullText.State",
        "AssessmentStateEnum": "appraisal.models.Assessment.State",
        "GradeKindEnum": "certainty.models.Grade.Kind",
        "GradeStateEnum": "certainty.models.Grade.State",
        "GradeStartEnum": "certainty.models.Grade.Start",
        "GradeDomainEnum": "certainty.models.Step.Domain",
    },
}

# --- security --------------------------------------------------------------------------------------------
HTTPS = flag("HTTPS", default=False)  # on behind a TLS proxy: secure cookies, redirect, HSTS
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz)$"]  # asked from inside, past the TLS proxy
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrftoken"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 7 * 24 * 3600
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# --- logs: ids only, never titles or decisions (blinding) -------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"refusals": {"()": "reviewapp.logs.OneLineForRefusals"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "loggers": {"django.request": {"filters": ["refusals"]}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
}
