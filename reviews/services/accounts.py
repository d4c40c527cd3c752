"""Accounts, API tokens and a person's own choices."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from rest_framework.authtoken.models import Token

from reviews.audit import record_event
from reviews.errors import Refused
from reviews.models import User
from reviews.services._rows import check_values

#: Gestures whose key a person may choose, with the key they have otherwise. Digits give a reason to exclude.
SHORTCUTS = {
    "include": "i",
    "maybe": "m",
    "exclude": "e",
    "awaiting": "w",
    "ongoing": "g",
    "undo": "u",
    "skip": "s",
    "next": "j",
    "previous": "k",
    "note": "n",
    "label": "l",
    "ask": "a",
    "highlights": "h",
    "criteria": "c",
    "pdf": "o",
    "duplicate": "d",
    "explain": "f",
}
#: Sets of keys that people know from elsewhere: what differs from SHORTCUTS. Rayyan: I, E and U (its keyboard help);
#: ASReview LAB: R relevant, I irrelevant (its keyboard help); Covidence has buttons Yes, Maybe and No: their letters.
KEY_SETS: dict[str, dict[str, str]] = {
    "default": {},
    "rayyan": {"include": "i", "exclude": "e", "maybe": "u", "undo": "z"},
    "asreview": {"include": "r", "exclude": "i", "undo": "u", "note": "n"},
    "covidence": {"include": "y", "maybe": "m", "exclude": "n", "note": "t"},
}
TEXT_SIZES = (("small", "Small"), ("normal", "Normal"), ("large", "Large"), ("larger", "Larger"))
#: How a person likes the screen, with what holds otherwise; criteria: "" is open on wide windows.
SCREEN: dict[str, Any] = {
    "text_size": "normal",
    "highlights": True,
    "advance": True,
    "pace": False,
    "criteria": "",
}


class AccountRefused(Refused):
    """An account, token or preference that cannot be saved as it is."""


@transaction.atomic
def add_user(*, email: str, name: str, password: str | None = None) -> User:
    """Make an account. Without ``password`` the person sets one by "Forgot your password?" on the sign-in page."""
    email = User.objects.normalize_email(email.strip())
    user = User(email=email, name=name.strip())
    check_values(user, ["email", "name"], AccountRefused)
    if User.objects.filter(email__iexact=email).exists():
        raise AccountRefused(f"There is already an account for {email}.", field="email")
    if password is not None:
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise AccountRefused(" ".join(error.messages), field="password") from error
    user.set_password(password)
    user.save()
    record_event(
        review=None,
        actor=None,
        verb="reviews.account_added",
        target=user,
        sentence=f"added the account {email}",
    )
    return user


def find_user(email: str) -> User:
    """The active account of ``email``, ignoring case; AccountRefused if there is none."""
    user = User.objects.filter(email__iexact=email.strip(), is_active=True).first()
    if user is None:
        raise AccountRefused(
            f"There is no account for {email}. Make one with: manage.py add_user {email} --name NAME",
            field="email",
        )
    return user


@transaction.atomic
def api_token(*, user: User, renew: bool = False) -> str:
    """The person's API token, made at the first call; ``renew`` replaces it, so that the old one stops working."""
    if renew:
        Token.objects.filter(user=user).delete()
    token, made = Token.objects.get_or_create(user=user)
    if made:
        record_event(
            review=None,
            actor=user,
            verb="reviews.api_token_made",
            target=user,
            sentence="got a new API token; an older one stopped working" if renew else "got an API token",
        )
    return token.key


@transaction.atomic
def save_preferences(
    *,
    user: User,
    shortcuts: bool | None = None,
    keys: dict[str, str] | None = None,
    key_set: str | None = None,
    screen: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Store a person's choices and return all of them.

    ``shortcuts`` switches single-key shortcuts; ``keys`` maps gestures of SHORTCUTS to one letter or digit each;
    ``key_set`` (of KEY_SETS) replaces all chosen keys; ``screen`` is any part of SCREEN.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    chosen = dict(user.preferences)
    if shortcuts is not None:
        chosen["shortcuts"] = shortcuts
    if key_set is not None:
        if key_set not in KEY_SETS:
            raise AccountRefused(f"There is no set of keys “{key_set}”. Known: {', '.join(KEY_SETS)}.")
        chosen["keys"] = dict(KEY_SETS[key_set])
    if screen is not None:
        chosen["screen"] = {**chosen.get("screen", {}), **_valid_screen(screen)}
    if keys is not None:
        chosen["keys"] = _valid_keys({**chosen.get("keys", {}), **keys})
    user.preferences = chosen
    user.save(update_fields=["preferences"])
    return chosen


def screen_preferences(user: User) -> dict[str, Any]:
    """How this person likes the screen."""
    return SCREEN | user.preferences.get("screen", {})


def _valid_screen(screen: dict[str, Any]) -> dict[str, Any]:
    if unknown := sorted(screen.keys() - SCREEN.keys()):
        raise AccountRefused(f"The screen has no setting “{unknown[0]}”. Known: {', '.join(SCREEN)}.")
    words = {"text_size": [value for value, _ in TEXT_SIZES], "criteria": ["", "open", "closed"]}
    for name, value in screen.items():
        if name in words and value not in words[name]:
            raise AccountRefused(
                f"“{name}” must be one of: {', '.join(word or 'blank' for word in words[name])}."
            )
        if name not in words and not isinstance(value, bool):
            raise AccountRefused(f"“{name}” must be true or false.")
    return screen


def _valid_keys(keys: dict[str, str]) -> dict[str, str]:
    if unknown := sorted(keys.keys() - SHORTCUTS.keys()):
        raise AccountRefused(
            f"There is no shortcut called {', '.join(unknown)}. Known: {', '.join(SHORTCUTS)}."
        )
    keys = {gesture: str(key).strip().lower() for gesture, key in keys.items()}
    for gesture, key in keys.items():
        if len(key) != 1 or not key.isascii() or not key.isalnum():
            raise AccountRefused(f"The key for “{gesture}” must be one letter or digit, not “{key}”.")
    used = list((SHORTCUTS | keys).values())
    if twice := sorted({key for key in used if used.count(key) > 1}):
        raise AccountRefused(f"The key “{twice[0]}” would do two things. Give each gesture a key of its own.")
    return keys
