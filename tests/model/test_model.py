"""The protocol under any schedule: whatever is sent, lost, killed and slept through, every view ends as the truth.

Thousands of examples: MODEL_EXAMPLES=5000 pytest tests/model/test_model.py --timeout 3600
"""

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import Protocol
from tests.threads import aside

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "0"))
SETTINGS = settings(
    max_examples=EXAMPLES or 60,
    stateful_step_count=40,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink] if EXAMPLES else [Phase.generate],
)


def test_any_schedule_ends_in_the_truth(protocol: type[Protocol]) -> None:
    aside(lambda: run_state_machine_as_test(protocol, settings=SETTINGS))

    told = "ready ack message.posted room.advanced membership.changed synced reset not_found id_reused"
    assert set(told.split()) <= protocol.seen.keys(), "the schedules don't reach all there is"
