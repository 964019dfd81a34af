from django.apps import AppConfig

from mychat import checks


class MychatConfig(AppConfig):
    name = "mychat"

    def ready(self) -> None:
        checks.register()
