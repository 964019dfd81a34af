"""The ASGI application: pages over HTTP, conversation over sockets."""

import os

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mychat.settings")
http = get_asgi_application()  # sets Django up, so it comes before anything that touches models

from chat.routing import websockets  # noqa: E402

application = ProtocolTypeRouter({"http": http, "websocket": websockets})
