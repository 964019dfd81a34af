"""Jobs beside the web process, and those that come again."""

import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import Session, User
from accounts.tasks import clear_expired_sessions
from mychat import recurring
from tests.base import session_key
from tests.servers import Site

CLEAR = "accounts.tasks.clear_expired_sessions"


def expire(key: str) -> None:
    """Makes a session one that nobody can use any more."""
    Session.objects.filter(pk=key).update(expire_date=timezone.now() - timedelta(days=1))


def test_expired_sessions_go_and_others_stay(db: None, alice: User, bob: User) -> None:
    old, new = session_key(alice), session_key(bob)
    expire(old)
    clear_expired_sessions.call()
    assert [session.pk for session in Session.objects.all()] == [new]


@pytest.mark.unit
def test_the_next_run_is_the_same_whoever_asks() -> None:
    asked = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    due = recurring.next_run(CLEAR, asked)
    assert due == datetime(2026, 11, 21, 3, 30, tzinfo=UTC)
    assert recurring.next_run(CLEAR, asked + timedelta(hours=15)) == due
    assert recurring.next_run(CLEAR, due) == due + timedelta(days=1)


def test_a_run_is_scheduled_once_however_many_ask(db: None) -> None:
    for _ in range(3):
        recurring.schedule_all()
    assert DBTaskResult.objects.count() == len(recurring.EVERY)


def test_the_successor_is_there_even_when_a_run_fails(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(recurring.EVERY, "tests.ops.test_jobs.missing", timedelta(days=1))
    with pytest.raises(ImportError):
        recurring.recur.call("tests.ops.test_jobs.missing")
    assert DBTaskResult.objects.get().args_kwargs["args"] == ["tests.ops.test_jobs.missing"]


@pytest.mark.unit
def test_recurring_work_names_real_jobs() -> None:
    for name in recurring.EVERY:
        assert recurring.import_string(name).module_path == name


def test_records_of_jobs_long_done_go(db: None) -> None:
    recurring.forget_finished_jobs.enqueue()
    recurring.forget_finished_jobs.enqueue()
    old = DBTaskResult.objects.order_by("pk").first()
    assert old is not None
    DBTaskResult.objects.filter(pk=old.pk).update(status="SUCCESSFUL", finished_at=timezone.now() - timedelta(days=30))
    recurring.forget_finished_jobs.call()
    assert DBTaskResult.objects.count() == 1


# --- The process ----------------------------------------------------------------------------------------------------


def eventually(condition: Callable[[], object], seconds: float = 20) -> None:
    """Waits until the condition holds; fails when it doesn't in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.1)


def children(site: Site) -> list[int]:
    """The process ids of the server's children."""
    assert site.process is not None
    pid = site.process.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid: int) -> bool:
    """Whether the process runs, and isn't merely waiting to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.site
def test_one_command_runs_jobs_too(make_site: Callable[..., Site], alice: User) -> None:
    expire(session_key(alice))
    site = make_site(env={"WORKER": ""})
    clear_expired_sessions.enqueue()
    eventually(lambda: not Session.objects.exists())
    waiting = DBTaskResult.objects.filter(task_path=recurring.recur.module_path, status="READY")
    assert {job.args_kwargs["args"][0] for job in waiting} == set(recurring.EVERY)
    (child,) = children(site)
    assert os.getpriority(os.PRIO_PROCESS, child) == min(19, 10 + os.getpriority(os.PRIO_PROCESS, 0))
    assert site.terminate() == 0
    assert not alive(child)


@pytest.mark.site
def test_a_killed_server_takes_its_jobs_along(make_site: Callable[..., Site]) -> None:
    site = make_site(env={"WORKER": ""})
    eventually(DBTaskResult.objects.exists)
    (child,) = children(site)
    site.kill()
    eventually(lambda: not alive(child), 5)


@pytest.mark.site
def test_a_killed_job_process_is_replaced(make_site: Callable[..., Site]) -> None:
    site = make_site(env={"WORKER": ""})
    eventually(lambda: children(site))
    (child,) = children(site)
    os.kill(child, signal.SIGKILL)
    eventually(lambda: [pid for pid in children(site) if pid != child and alive(pid)])
    assert "ended with code -9" in site.log_text()


@pytest.mark.site
def test_a_separate_worker_leaves_the_web_alone(make_site: Callable[..., Site]) -> None:
    site = make_site(env={"WORKER": "separate"})
    time.sleep(1.5)
    assert children(site) == []
