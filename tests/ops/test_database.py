"""The connection to Postgres: what it does when nobody answers."""

import socket

import pytest
from django.db import connection


@pytest.mark.postgres
@pytest.mark.django_db
def test_a_network_that_swallows_everything_is_noticed_within_half_a_minute() -> None:
    connection.ensure_connection()
    with socket.socket(fileno=connection.connection.pgconn.socket) as raw:
        try:
            assert raw.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            idle, interval, count = (
                raw.getsockopt(socket.IPPROTO_TCP, option)
                for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
            )
            assert idle + interval * count <= 30
            assert 0 < raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) <= 30_000
        finally:
            raw.detach()  # it is the driver's
