"""What a view behind `login_required` gets."""

from django.http import HttpRequest

from accounts.models import User


class MemberRequest(HttpRequest):
    """A request of somebody who is signed in."""

    user: User
