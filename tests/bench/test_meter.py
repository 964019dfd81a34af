"""What a process costs."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from bench import meter

pytestmark = pytest.mark.unit

BURN = """
import os, subprocess, sys, time
if len(sys.argv) > 1:
    child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdin=subprocess.PIPE)
blob = b"x" * (40 * 2**20)
while time.process_time() < 0.5:
    pass
print("burnt", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def parent() -> Iterator[subprocess.Popen[bytes]]:
    """A process with a child, each of which has used half a second of CPU and 40 MiB."""
    command = [sys.executable, "-c", BURN, BURN]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(2):
            assert process.stdout.readline() == b"burnt\n"
        yield process
        process.kill()


def test_a_tree_is_the_process_and_its_descendants(parent: subprocess.Popen[bytes]) -> None:
    assert parent.pid in meter.tree([parent.pid])
    assert len(meter.tree([parent.pid])) == 2


def test_cpu_and_memory_are_those_of_the_whole_tree(parent: subprocess.Popen[bytes]) -> None:
    assert meter.cpu_seconds([parent.pid]) >= 0.98  # two times half a second, in ticks of a hundredth
    sizes = meter.memory_kib([parent.pid])
    assert sizes["rss"] >= 80 * 1024
    assert sizes["rss"] >= sizes["pss"] > 0
    assert meter.rss_kib(meter.tree([parent.pid])) >= 80 * 1024


def test_a_reading_tells_our_own_work_from_that_of_others(parent: subprocess.Popen[bytes]) -> None:
    groups = {"server": [parent.pid]}
    before = meter.Reading(groups)
    while meter.time.process_time() - before.used["generator"] < 0.3:
        pass
    spent = meter.Reading(groups).since(before)

    assert spent["generator"] >= 0.3
    assert spent["server"] == 0
    assert spent["foreign"] >= 0
