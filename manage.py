#!/usr/bin/env python
"""Django's command line for the review application."""

import os
import sys
from importlib import import_module

#: Commands of files and numbers alone: they need no settings and no database, and begin without loading either.
ALONE = {"simulate_screening": "screening.management.commands.simulate_screening"}


def main() -> None:
    if len(sys.argv) > 1 and sys.argv[1] in ALONE:
        import_module(ALONE[sys.argv[1]]).Command().run_from_argv(sys.argv)
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reviewapp.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
