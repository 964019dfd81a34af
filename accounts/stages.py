"""The steps between the right password and being in."""

from allauth.account.stages import EmailVerificationStage


class ConfirmAddress(EmailVerificationStage):
    """Stops newcomers until their address is confirmed. Members from the time before mail are asked, not stopped."""

    def handle(self) -> tuple[object, bool]:
        """allauth's answer and whether to go on. Without a user it's a sign-up with a taken address: same road."""
        if self.login.user and not self.login.user.must_verify_email:
            return None, True
        return super().handle()
