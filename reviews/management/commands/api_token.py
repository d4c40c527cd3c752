"""Give a person the token for the API."""

from typing import Any

from reviews.command import ServiceCommand
from reviews.services import api_token, find_user


class Command(ServiceCommand):
    help = "Print the API token of an account; send it as 'Authorization: Token ...'."

    def add_arguments(self, parser) -> None:
        super().add_arguments(parser)
        parser.add_argument("email")
        parser.add_argument("--renew", action="store_true", help="Make a new one; the old one stops working.")

    def act(self, **options: Any) -> tuple[dict, str]:
        email = options["email"]
        token = api_token(user=find_user(email), renew=options["renew"])
        return {"email": email, "token": token}, token
