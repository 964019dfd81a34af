"""Who may import whom: arrows point down or stay in the row (the table in docs/tour.md)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parent.parent
APPS = ("mychat", "accounts", "chat")

# First match wins. A package's __init__ counts as the package.
ROWS: list[tuple[int, str]] = [
    (0, r"mychat\.(env|hosts|secret)"),
    (0, r".*\.(errors|env|uploads|sniff|filenames|decode|pictures|classifier|push|text)"),
    (0, r"accounts\.(session_store|fields|usernames|names|setup|demo|agents)"),
    (0, r"chat\.messages\.(grammar|emoji)|chat\.search\.(words|query)"),
    (5, r"mychat(\..*)?|.*\.urls|chat\.routing|.*\.apps"),
    (4, r".*\.((\w+_)?views(\..*)?|forms|actions|admin|management(\..*)?|tasks|serving|templatetags(\..*)?)"),
    (4, r".*\.(adapter|backends|middleware|stages)|chat\.live\.(consumer|visitor|drain|http)"),
    (3, r".*\.(services|changes|receivers)|chat\.demo(\..*)?|chat\.search\.(scope|indexing)"),
    (3, r"chat\.messages\.(private|forwarding)|chat\.people\.(requests|blocks)"),
    (3, r"chat\.rooms\.(posting|groups|members|invites|places|recount)|chat\.notifications\.(deciding|sweep)"),
    (3, r"chat\.live\.(intake|hub|watchers|rounds|receipts|opening)"),
    (2, r"chat\.events|chat\.live\.frames|.*\.(presenters|writers|commands|claims)"),
    (2, r"chat\.messages\.(portable|postgres|mentions|markup|pages)|chat\.rooms\.(announce|roster)"),
    (1, r"accounts|accounts\.(models|signals|sessions|requests)|chat\.models(\..*)?"),
    (1, r"chat\.messages\.drafts|chat\.people\.reach|chat\.rooms\.rights|chat\.search\.found"),
    (1, r"chat\.live\.(schema|acting|gather|line|recent|bus|shards|company|limits|presence|database|auth)"),
    (1, r"chat(\.\w+)?"),
]


def row_of(module: str) -> int:
    for row, pattern in ROWS:
        if re.fullmatch(pattern, module):
            return row
    raise AssertionError(f"{module} has no row: put it where a newcomer would look, and into ROWS")


def sources() -> Iterator[tuple[str, Path]]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                yield module.removesuffix(".__init__"), path


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Every first-party module that the file imports, and whether only for type checkers."""
    tree = ast.parse(path.read_text())
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [module_or_member(node.module, alias.name) for alias in node.names]
        for name in names:
            if name.split(".")[0] in APPS:
                yield name, node in for_types


def module_or_member(module: str, name: str) -> str:
    inner = ROOT / Path(*module.split(".")) / name
    return f"{module}.{name}" if inner.is_dir() or inner.with_suffix(".py").exists() else module


@pytest.mark.parametrize(("module", "path"), sources(), ids=lambda value: str(value) if isinstance(value, str) else "")
def test_imports_point_down_or_stay_in_the_row(module: str, path: Path) -> None:
    for imported, for_types in imports(path):
        if for_types:
            continue
        assert row_of(imported) <= row_of(module), f"{module} imports {imported}, which lies above it"


def test_accounts_never_knows_the_chat() -> None:
    offenders = [
        (module, imported)
        for module, path in sources()
        if module.startswith("accounts")
        for imported, _ in imports(path)
        if imported.startswith("chat")
    ]
    assert not offenders


def test_no_app_knows_the_project() -> None:
    leaves = {"mychat.env"}
    offenders = [
        (module, imported)
        for module, path in sources()
        if not module.startswith("mychat")
        for imported, _ in imports(path)
        if imported.startswith("mychat") and imported not in leaves
    ]
    assert not offenders


def importers_of(name: str) -> set[str]:
    return {module for module, path in sources() if any(imported == name for imported, _ in imports(path))}


def test_one_file_knows_the_channel_layer() -> None:
    assert {module for module, path in sources() if "get_channel_layer" in path.read_text()} == {"chat.live.bus"}


def test_only_the_socket_side_knows_the_hub() -> None:
    socket_side = {f"chat.live.{name}" for name in ("consumer", "drain", "rounds", "watchers")}

    assert importers_of("chat.live.hub") <= socket_side


def test_only_events_and_the_hub_publish() -> None:
    assert importers_of("chat.live.bus") == {"chat.events", "chat.live.hub", "chat.live.rounds"}


def test_every_reader_of_messages_starts_at_who_may_see_them() -> None:
    """`Message.objects` without `visible_to`: each place is named here with its reason."""
    allowed = {
        "chat.people.requests": "who wrote, never what: whether two people have talked",
        "chat.messages.portable": "writes, and finds its own repeats",
        "chat.messages.presenters": "latest_rows: the caller's queryset chose the places; changed_rows: for the hub, "
        "which applies each socket's floor",
        "chat.search.services": "through the conditions of chat.search.scope, the same rule for all rooms at once",
        "chat.search.indexing": "the job, which shows nothing to anybody",
        "chat.rooms.recount": "counts, and shows nothing to anybody",
        "chat.rooms.changes": "reads what it has just written, under the room's lock",
        "chat.notifications.services": "reads what it has just written, under the room's lock",
        "chat.models.rooms": "the subqueries that carry the rule to the inbox",
        "chat.management.commands.demo": "counts what it made",
    }
    found = {
        module
        for module, path in sources()
        if re.search(r"\bMessage\.objects\.(?!visible_to)", path.read_text()) and not module.startswith("chat.demo")
    }
    assert found <= set(allowed)


def test_imports_stand_at_the_top() -> None:
    allowed = {"mychat.asgi", "chat.apps"}  # Django must be set up first
    hidden = [
        f"{module}:{node.lineno}"
        for module, path in sources()
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom) and module not in allowed
    ]
    assert not hidden


def test_nobody_overrides_save() -> None:
    overriding = [
        module
        for module, path in sources()
        if ".models" in module
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name in {"save", "delete"}
    ]
    assert not overriding


def test_public_functions_say_what_they_do() -> None:
    silent = [
        f"{module}.{node.name}"
        for module, path in sources()
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert not silent
