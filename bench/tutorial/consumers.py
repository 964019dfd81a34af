"""The tutorial's consumer."""

import json

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from bench.tutorial.models import Message


class ChatConsumer(AsyncWebsocketConsumer):
    """A socket in one room."""

    async def connect(self) -> None:
        """Joins the room's group."""
        if not self.scope["user"].is_authenticated:
            await self.close()
            return
        self.room_name = self.scope["url_route"]["kwargs"]["room_name"]
        self.room_group_name = f"chat_{self.room_name}"
        await self.channel_layer.group_add(self.room_group_name, self.channel_name)
        await self.accept()

    async def disconnect(self, close_code: int) -> None:
        """Leaves it."""
        if hasattr(self, "room_group_name"):
            await self.channel_layer.group_discard(self.room_group_name, self.channel_name)

    async def receive(self, text_data: str) -> None:
        """Stores a message and sends it to the group, the sender included."""
        message = json.loads(text_data)["message"]
        await self.save_message(message)
        await self.channel_layer.group_send(self.room_group_name, {"type": "chat.message", "message": message})

    async def chat_message(self, event: dict) -> None:
        """Passes on what came to the group."""
        await self.send(text_data=json.dumps({"message": event["message"]}))

    @database_sync_to_async
    def save_message(self, message: str) -> None:
        """One INSERT."""
        Message.objects.create(room=self.room_name, sender=self.scope["user"], body=message)
