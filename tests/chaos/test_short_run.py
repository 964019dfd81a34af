"""The promise under eight faults: `bin/chaos` in a minute, on what the code does now."""

import asyncio
import secrets

import pytest

from tests.chaos import checker, report
from tests.chaos.checker import Limits
from tests.chaos.run import Plan, once
from tests.chaos.services import Services

# Tests share the machine with each other: what may never happen is held to the letter, time with some allowance.
LIMITS = Limits(ack_p95=1.0, after_web=15.0, after_postgres=20.0)


@pytest.mark.site
@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.timeout(240)
def test_the_promise_holds_under_faults() -> None:
    plan = Plan.of(messages=2_000, faults=8, seconds=45.0, seed=secrets.randbelow(2**32))
    report.say(f"repeat with: bin/chaos --messages 2000 --faults 8 --minutes 0.75 --seed {plan.seed}")
    with Services() as services:
        ledger, logs = asyncio.run(once(plan, services))

    problems = checker.check(ledger, LIMITS)
    report.say(report.summary(ledger, problems))
    assert not problems, logs[-20_000:]
    assert len(ledger.faults) == 8
    assert sum(len(rows) for rows in ledger.truth.values()) == 2_000
    assert "Traceback" not in logs
