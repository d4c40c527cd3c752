"""Make an account from the shell."""

import getpass
import sys
from typing import Any

from django.core.management.base import CommandError

from reviews.command import ServiceCommand
from reviews.services import add_user


class Command(ServiceCommand):
    help = "Make an account. Asks for the password, unless --password-stdin or --no-password is given."

    def add_arguments(self, parser) -> None:
        super().add_arguments(parser)
        parser.add_argument("email")
        parser.add_argument("--name", required=True, help="As colleagues should see it.")
        how = parser.add_mutually_exclusive_group()
        how.add_argument(
            "--password-stdin", action="store_true", help="Read the password from standard input."
        )
        how.add_argument(
            "--no-password", action="store_true", help="They set one by 'Forgot your password?' at sign-in."
        )

    def act(self, **options: Any) -> tuple[dict, str]:
        password = None if options["no_password"] else _password(options["password_stdin"])
        user = add_user(email=options["email"], name=options["name"], password=password)
        return {"email": user.email, "name": user.name}, f"Made the account {user.email}."


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    try:
        password, again = getpass.getpass("Password: "), getpass.getpass("Once more: ")
    except EOFError as error:
        raise CommandError(
            "There is nobody to type a password: use --password-stdin or --no-password. Nothing was made."
        ) from error
    if again != password:
        raise CommandError("The two passwords differ. Nothing was made.")
    return password
