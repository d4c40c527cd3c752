"""A virus scanner of the server's choice, asked about every PDF before it is accepted."""

import logging
import shlex
import subprocess

from django.conf import settings

from screening.services.guards import NotEligible

log = logging.getLogger(__name__)
SECONDS = 120


def refuse_infected(path: str, name: str) -> None:
    """Run PDF_SCAN_COMMAND on the file at ``path``; without the setting nothing is asked.

    The command gets the path as its last argument and answers as clamdscan does: 0 is clean, 1 is infected; every
    other answer means that it could not be checked, and what could not be checked is not taken. Raises NotEligible.
    """
    if not settings.PDF_SCAN_COMMAND:
        return
    command = [*shlex.split(settings.PDF_SCAN_COMMAND), path]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603 - the administrator's
    except (OSError, subprocess.TimeoutExpired) as error:
        log.error("the virus scanner could not be asked: %s", type(error).__name__)
        raise _unchecked(name) from error
    if done.returncode == 1:
        raise NotEligible(f"{name} was refused by this server's virus scanner.", field="file")
    if done.returncode:
        log.error("the virus scanner answered %s: %s", done.returncode, done.stderr[-500:])
        raise _unchecked(name)


def _unchecked(name: str) -> NotEligible:
    return NotEligible(
        f"{name} could not be checked for viruses, so it was not taken. Try again later, or tell whoever runs this "
        "server.",
        field="file",
    )
