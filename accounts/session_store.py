"""Sessions in the database, as Django keeps them, but in rows that name their person (`accounts.models.Session`).

So one query tells whose a cookie is: a socket that opens asks nothing else.
"""

from typing import Any

from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore


class SessionStore(DatabaseStore):
    """Django's own, writing the person beside the data."""

    @classmethod
    def get_model_class(cls) -> type:
        """The table: looked up, because it names this class itself."""
        return apps.get_model("accounts", "Session")

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        """The row for `data`."""
        return self._named(super().create_model_instance(data), data)

    async def acreate_model_instance(self, data: dict[str, Any]) -> Any:
        """`create_model_instance`, awaited."""
        return self._named(await super().acreate_model_instance(data), data)

    @staticmethod
    def _named(row: Any, data: dict[str, Any]) -> Any:
        row.user_id = data.get(SESSION_KEY)
        return row
