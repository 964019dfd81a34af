from django.apps import AppConfig

from accounts.signals import access_changed, choices_changed, privacy_changed


class ChatConfig(AppConfig):
    name = "chat"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from chat import events  # noqa: PLC0415 - models must be loaded first
        from chat.notifications import receivers as notifications  # noqa: PLC0415
        from chat.people import receivers  # noqa: PLC0415

        access_changed.connect(events.on_access_changed, dispatch_uid="chat.events")
        access_changed.connect(notifications.on_access_changed, dispatch_uid="chat.notifications")
        choices_changed.connect(receivers.on_choices_changed, dispatch_uid="chat.people")
        privacy_changed.connect(events.on_privacy_changed, dispatch_uid="chat.events")
