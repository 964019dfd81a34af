"""What a browser loads: sizes, no leftovers, no strangers."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.template import engines

from mychat.storage import MINIFIERS, StaticStorage

pytestmark = pytest.mark.unit

STATIC = Path(settings.BASE_DIR) / "static"
TEMPLATES = Path(settings.BASE_DIR) / "templates"
KB = 1024
IMPORT = re.compile(r"""(?:from|import)\s*["'](\.[^"']+)["']""")  # but not `import("...")`: that is fetched when wanted
SHEET = re.compile(r"{% static '(css/[^']+)' %}")


def zipped(*paths: Path) -> int:
    """The bytes that travel."""
    return sum(len(gzip.compress(travelling(path).encode(), 9)) for path in paths)


def travelling(path: Path) -> str:
    """The file as it is collected."""
    minify = None if path.parent.name == "vendor" else MINIFIERS.get(path.suffix)
    return minify(path.read_text()) if minify else path.read_text()


def sheets(*templates: str) -> set[Path]:
    """The stylesheets that these templates name."""
    return {STATIC / name for template in templates for name in SHEET.findall((TEMPLATES / template).read_text())}


def modules(entry: Path) -> set[Path]:
    """The module and everything it imports, directly or not."""
    found: set[Path] = set()
    waiting = [entry]
    while waiting:
        module = waiting.pop().resolve()
        if module not in found:
            found.add(module)
            waiting += [module.parent / path for path in IMPORT.findall(module.read_text())]
    return found


def sources(*endings: str) -> Iterator[tuple[Path, str]]:
    """Our templates, scripts and Python with these endings."""
    for folder in ("templates", "static/js", "accounts", "chat", "mychat"):
        for path in (Path(settings.BASE_DIR) / folder).rglob("*"):
            if path.suffix in endings:
                yield path, path.read_text()


def test_vendored_code_stays_under_30_kb_and_is_used() -> None:
    vendored = set(STATIC.glob("vendor/*.js"))
    assert zipped(*vendored) <= 30 * KB
    imported = {module for entry in STATIC.glob("js/*.js") for module in modules(entry)}
    assert vendored <= imported


@pytest.mark.parametrize(
    ("entry", "template", "most"),
    [
        ("js/room.js", "chat/rooms/_styles.html", 100),
        ("js/live.js", "chat/rooms/_styles.html", 68),
        ("js/people.js", "chat/people/directory.html", 68),
        ("js/search.js", "chat/search/search.html", 68),
    ],
)
def test_scripts_and_styles_of_a_page_stay_small(entry: str, template: str, most: int) -> None:
    """In kilobytes (1,000 bytes) as they travel."""
    scripts = modules(STATIC / "js/app.js") | modules(STATIC / "js/live.js") | modules(STATIC / entry)
    assert zipped(*scripts, *sheets("base.html", "app.html", template)) <= most * 1000


def test_what_is_collected_is_minified(tmp_path: Path) -> None:
    """Scripts lose their comments and keep what they do; what others made stays as it is."""
    storage = StaticStorage(location=tmp_path, base_url="/static/")
    (tmp_path / "vendor").mkdir()
    source = "// why\nexport const one = 1;\n/* how */\nexport const two = `${one} // kept`;\n"
    for name in ("own.js", "vendor/theirs.js"):
        (tmp_path / name).write_text(source)
    list(storage.post_process({name: (storage, name) for name in ("own.js", "vendor/theirs.js")}))

    assert (tmp_path / "own.js").read_text() == "export const one=1;export const two=`${one} // kept`;"
    assert (tmp_path / "vendor/theirs.js").read_text() == source


def test_every_vendored_file_names_its_version_and_has_a_licence() -> None:
    licences = (STATIC / "vendor/LICENSES.txt").read_text()
    for path in STATIC.glob("vendor/*.js"):
        name, version = re.match(r"/\* (\S+) (\S+), see LICENSES.txt \*/", path.read_text()).groups()  # type: ignore[union-attr]
        assert f"== {name} {version} " in licences


def test_nothing_is_loaded_from_elsewhere() -> None:
    """The policy would stop it in the browser; here it is found before."""
    foreign = re.compile(r"""(?:src|href)=["'](?:https?:)?//|url\(["']?(?:https?:)?//|from ["']https?:""")
    everything = [*sources(".html", ".js"), *((path, path.read_text()) for path in STATIC.glob("css/*.css"))]
    assert [path.name for path, text in everything if foreign.search(text)] == []


def test_every_icon_that_is_named_can_be_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "img/icons.svg").read_text()))
    named = {name for _, text in sources(".html") for name in re.findall(r"""{% icon ["']([^"']+)["']""", text)}
    assert named
    assert named <= drawn


def test_every_template_compiles() -> None:
    engine = engines["django"]
    for path, _ in sources(".html"):
        if path.is_relative_to(TEMPLATES):
            engine.get_template(str(path.relative_to(TEMPLATES)))


def test_no_template_has_inline_script_or_style() -> None:
    inline = re.compile(r"<style|\sstyle=|\son[a-z]+=|javascript:|\shx-on", re.IGNORECASE)
    script = re.compile(r"<script(?![^>]*\ssrc=)(?![^>]*application/json)", re.IGNORECASE)
    pages = {path: re.sub(r"{%.*?%}", "", text) for path, text in sources(".html") if "email" not in str(path.parent)}
    assert pages
    assert [path.name for path, text in pages.items() if inline.search(text) or script.search(text)] == []


def test_no_style_rule_is_for_something_that_is_on_no_page() -> None:
    words = set(re.findall(r"[\w-]+", "\n".join(text for _, text in sources(".html", ".js", ".py"))))
    unused: dict[str, set[str]] = {}
    for sheet in STATIC.glob("css/*.css"):
        rules = re.sub(r"/\*.*?\*/|url\([^)]*\)|\"[^\"]*\"", "", sheet.read_text(), flags=re.DOTALL)
        classes = set(re.findall(r"\.([a-z][\w-]*)", rules))
        drawn = words | {name for name in classes if re.sub("--.*", "--", name) in words}  # `ticks--${state}`
        if missing := {name for name in classes - drawn if not re.fullmatch(r"h\d|av-\w+", name)}:
            unused[sheet.name] = missing
    assert unused == {}
