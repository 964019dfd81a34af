"""One line an event: logs are read by machines and by tired people."""

import logging


class Line(logging.Formatter):
    """`2026-11-20T14:37:00Z INFO chat.live message`, with line breaks escaped so that nobody forges a line."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%S%z")

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record).replace("\r", "\\r").replace("\n", "\\n")
