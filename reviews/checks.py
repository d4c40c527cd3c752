"""System checks: settings that would lose data are refused at start, with the reason."""

from django.conf import settings
from django.core.checks import Error, Tags, register

SQLITE_ADVICE = (
    'Set OPTIONS to {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": '
    '"PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;"} as reviewapp/settings.py does.'
)


@register(Tags.database)
def sqlite_keeps_votes(app_configs=None, **kwargs) -> list[Error]:
    """With Django's default SQLite options a third of fifty reviewers' votes fail: "database is locked"."""
    errors = []
    for alias, database in settings.DATABASES.items():
        if not database["ENGINE"].endswith("sqlite3"):
            continue
        options = database.get("OPTIONS", {})
        pragmas = options.get("init_command", "").replace(" ", "").lower()
        missing = [
            name
            for name, present in {
                "transaction_mode IMMEDIATE": options.get("transaction_mode") == "IMMEDIATE",
                "timeout of 20 seconds or more": float(options.get("timeout", 5)) >= 20,
                "journal_mode=WAL": "journal_mode=wal" in pragmas,
                "synchronous=FULL": "synchronous=full" in pragmas or "synchronous=2" in pragmas,
                "foreign_keys=ON": "foreign_keys=on" in pragmas or "foreign_keys=1" in pragmas,
            }.items()
            if not present
        ]
        if missing:
            errors.append(
                Error(
                    f"The SQLite database '{alias}' lacks {', '.join(missing)}: under several reviewers votes "
                    "would be refused as 'database is locked' or lost in a power cut.",
                    hint=SQLITE_ADVICE,
                    id="reviews.E001",
                )
            )
    return errors


@register(Tags.database)
def broker_is_real(app_configs=None, **kwargs) -> list[Error]:
    """An in-memory broker would drop every job with its process."""
    if settings.CELERY_BROKER_URL.startswith("memory://"):
        return [
            Error(
                "CELERY_BROKER_URL is memory://: jobs asked for in the web process would never reach a worker.",
                hint="Give REDIS_URL, or start with 'make run', which starts a private Redis.",
                id="reviews.E002",
            )
        ]
    return []
