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


def test_the_world_has_all_there_is(protocol: type[Protocol]) -> None:
    def tour() -> None:
        state = protocol()
        state.begin(past=3, homes=[0, 0, 1, 1, 0], floor=3)
        for _ in range(4):
            state.write(device=0, room=0, count=4)
            state.settle()
        state.write(device=4, room=0, count=1)
        state.resend(room=0, change="body", seed=1)
        state.settle()
        for seed in range(8):
            state.change(room=0, seed=seed, count=3, by=0)
        state.settle()
        state.change(room=0, seed=1, count=3, by=None)
        state.wait(seconds=1.1)
        state.settle()
        state.carol_comes_or_goes(room=1, process=0, back=0, times=1)
        state.resume(device=1, room=0, process=0, back=2)
        state.resume(device=2, room=0, process=1, back=30)
        state.teardown()

    aside(tour)

    changes = "message.posted message.changed room.changed room.advanced membership.changed"
    answers = "ready ack synced reset not_found id_reused"
    assert set(f"{changes} {answers}".split()) <= protocol.seen.keys()
