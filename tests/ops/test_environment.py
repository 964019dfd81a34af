"""The site as a platform meets it: an empty environment, a build without variables, a start with the wrong ones."""

import json
import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import free_port

ROOT = Path(__file__).resolve().parents[2]
KEY = secrets.token_urlsafe(48)
PRODUCTION = {
    "BEHIND_PROXY": "1",
    "SECRET_KEY": KEY,
    "ALLOWED_HOSTS": "chat.example.com",
    "DATABASE_URL": "postgres://user:pass@db.example.com/mychat",
    "REDIS_URL": "rediss://:pass@redis.example.com:6379",
}


def run(tmp_path: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs Python in an environment that holds only these variables."""
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path / "var"), **variables}
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_settings_import_with_an_empty_environment_and_debug_off(tmp_path: Path) -> None:
    done = run(tmp_path, "-c", "from mychat import settings; print(settings.DEBUG, settings.DATABASE['ENGINE'])")
    assert done.stdout.split() == ["False", "django.db.backends.sqlite3"], done.stderr


def test_the_key_of_an_empty_environment_survives_a_restart_and_is_private(tmp_path: Path) -> None:
    show = ("-c", "from mychat import settings; print(settings.SECRET_KEY)")
    first, second = run(tmp_path, *show).stdout, run(tmp_path, *show).stdout
    assert first == second
    assert len(first) > 50
    assert (tmp_path / "var" / "secret_key").stat().st_mode & 0o777 == 0o600


def test_a_production_site_passes_the_deploy_checks(tmp_path: Path) -> None:
    done = run(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_no_migration_is_missing(tmp_path: Path) -> None:
    done = run(tmp_path, "manage.py", "makemigrations", "--check", "--dry-run")
    assert done.returncode == 0, done.stdout


def test_a_dyno_builds_without_a_key_and_refuses_to_serve_without_one(tmp_path: Path) -> None:
    built = run(tmp_path, "manage.py", "collectstatic", "--noinput", "--dry-run", DYNO="run.1")
    assert built.returncode == 0, built.stderr
    variables = {**PRODUCTION, "DYNO": "web.1"}
    del variables["SECRET_KEY"]
    served = run(tmp_path, "-m", "mychat.server", "-b", "0.0.0.0", "-p", str(free_port()), **variables)
    assert served.returncode == 1
    assert "SECRET_KEY isn’t set" in served.stdout
    assert "Traceback" not in served.stdout + served.stderr


def test_debug_is_refused_on_a_public_address(tmp_path: Path) -> None:
    served = run(tmp_path, "-m", "mychat.server", "-b", "0.0.0.0", "-p", str(free_port()), DEBUG="1")
    assert served.returncode == 1
    assert "DEBUG is on, and 0.0.0.0" in served.stdout


@pytest.mark.parametrize("variables", [{"DEBUG": "perhaps"}, {"TRUSTED_PROXY_COUNT": "two"}])
def test_a_variable_that_cant_be_read_is_named(tmp_path: Path, variables: dict[str, str]) -> None:
    served = run(tmp_path, "-m", "mychat.server", "-p", str(free_port()), **variables)
    assert served.returncode == 1
    assert next(iter(variables)) in served.stderr
    assert "Traceback" not in served.stderr


@pytest.mark.parametrize("url", ["smtp.example.com", "htp://nowhere", "submission://host:port"])
def test_a_broken_mail_url_is_named(tmp_path: Path, url: str) -> None:
    served = run(tmp_path, "-m", "mychat.server", "-p", str(free_port()), EMAIL_URL=url)
    assert served.returncode == 1
    assert "EMAIL_URL" in served.stdout + served.stderr
    assert "Traceback" not in served.stderr


@pytest.mark.parametrize("url", ["postgress://db.example.com/x", "nonsense"])
def test_a_broken_database_url_is_named(tmp_path: Path, url: str) -> None:
    served = run(tmp_path, "-m", "mychat.server", "-p", str(free_port()), DATABASE_URL=url)
    assert served.returncode == 1
    assert "DATABASE_URL" in served.stdout + served.stderr
    assert "Traceback" not in served.stderr


def test_the_two_python_versions_are_one() -> None:
    runtime = (ROOT / "runtime.txt").read_text().strip()
    assert re.fullmatch(r"python-3\.1[1-4]", runtime)
    assert runtime == f"python-{(ROOT / '.python-version').read_text().strip()}"


def test_a_classic_build_finds_exactly_one_list_of_packages() -> None:
    lists = ["requirements.txt", "Pipfile", "Pipfile.lock", "poetry.lock", "uv.lock"]
    assert [name for name in lists if (ROOT / name).exists()] == ["requirements.txt"]


def pins(name: str) -> set[str]:
    """Each `package==version` of a list of requirements, on whatever system: development may want one on more."""
    lines = (ROOT / name).read_text().splitlines()
    return {line.split(";")[0].strip() for line in lines if "==" in line and not line.startswith(" ")}


def test_development_has_what_production_has() -> None:
    assert pins("requirements.txt") <= pins("requirements-dev.txt")


def test_app_json_keeps_to_the_closed_schema() -> None:
    keys = {
        "name", "description", "keywords", "website", "repository", "logo", "success_url", "scripts", "env",
        "formation", "addons", "buildpacks", "environments", "stack", "image",
    }  # fmt: skip
    app = json.loads((ROOT / "app.json").read_text())
    assert app.keys() <= keys
    assert {app["env"][name]["generator"] for name in ("SECRET_KEY", "SETUP_CODE")} == {"secret"}
    assert app["success_url"] == "/setup/"


def test_the_procfile_binds_the_platforms_port_and_names_real_commands() -> None:
    lines = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
    assert lines == {
        "release": "python manage.py release",
        "web": "python -m mychat.server -b 0.0.0.0 -p $PORT",
        "worker": "python manage.py jobs",
    }
