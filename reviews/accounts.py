"""How people get an account: by invitation, unless OPEN_SIGNUP lets anybody sign up."""

from allauth.account.adapter import DefaultAccountAdapter
from django import forms
from django.conf import settings

from reviews import mail
from reviews.services import InvitationRefused, find_invitation

INVITATION_SESSION_KEY = "invitation_token"


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request) -> bool:
        """With OPEN_SIGNUP, or while the visitor's session holds the token of an invitation that is still open."""
        if settings.OPEN_SIGNUP:
            return True
        try:
            find_invitation(request.session.get(INVITATION_SESSION_KEY, ""))
        except InvitationRefused:
            return False
        return True

    def should_send_confirmation_mail(self, request, email_address, signup) -> bool:
        """Not where no e-mail leaves the machine: nobody is told to wait for one."""
        return mail.reaches_people()


class SignupNameForm(forms.Form):
    """The one thing we ask beside e-mail and password: the name colleagues see."""

    name = forms.CharField(
        max_length=150,
        label="Your name",
        help_text="As your colleagues should see it.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    def signup(self, request, user) -> None:
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])
