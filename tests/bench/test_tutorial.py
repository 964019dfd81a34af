"""The peer is what the page says it is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.sites import VARIANTS

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]
SHOW = """
from django.conf import settings
layer = settings.CHANNEL_LAYERS["default"]
print(settings.DEBUG, settings.DATABASES["default"]["CONN_MAX_AGE"], layer["BACKEND"], layer.get("CONFIG"))
"""


def test_its_source_is_under_120_lines() -> None:
    lines = [line for path in (ROOT / "bench" / "tutorial").rglob("*.py") for line in path.read_text().splitlines()]

    assert 0 < len(lines) < 120


@pytest.mark.parametrize(
    ("variant", "layer"),
    [
        ("tutorial", "channels_redis.core.RedisChannelLayer"),
        ("tutorial-pubsub", "channels_redis.pubsub.RedisPubSubChannelLayer"),
        ("tutorial-sqlite", "channels.layers.InMemoryChannelLayer"),
    ],
)
def test_it_has_the_best_ordinary_settings(variant: str, layer: str, tmp_path: Path) -> None:
    database = "sqlite:///x" if variant.endswith("sqlite") else "postgres://127.0.0.1/x"
    environment = VARIANTS[variant].environment(database, "redis://127.0.0.1:1/0", tmp_path)
    shown = subprocess.run(
        [sys.executable, "-c", SHOW], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout

    assert shown.startswith(f"False 600 {layer} ")
    if "redis" in layer:
        assert "'socket_timeout': None, 'max_connections': 20000" in shown


def test_our_own_limits_are_raised_not_switched_off(tmp_path: Path) -> None:
    environment = VARIANTS["mychat"].environment("postgres://127.0.0.1/x", "redis://127.0.0.1:1/0", tmp_path)
    raised = {name for name in environment if name.startswith("LIVE_")}

    assert raised
    assert {environment[name] for name in raised} == {"1000000"}
    assert not {"DEBUG", *os.environ} & raised
