from django.apps import AppConfig

from accounts.signals import access_changed, privacy_changed


class ChatConfig(AppConfig):
    name = "chat"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from chat import events  # noqa: PLC0415 - models must be loaded first

        access_changed.connect(events.on_access_changed, dispatch_uid="chat.events")
        privacy_changed.connect(events.on_privacy_changed, dispatch_uid="chat.events")
