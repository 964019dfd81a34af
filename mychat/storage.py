"""How static files are named and compressed when collected."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rcssmin import cssmin
from rjsmin import jsmin
from whitenoise.storage import CompressedManifestStaticFilesStorage

MINIFIERS: dict[str, Callable[[str], str]] = {".js": jsmin, ".css": cssmin}
FINISHED = "vendor/"  # minified by whoever made it, and named in LICENSES.txt as it is


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Hashed names for everything, ES modules included, so that browsers may keep them for ever.

    Our own scripts and styles travel without their comments, which are a third of them.
    """

    support_js_module_import_aggregation = True
    max_post_process_passes = 20  # each pass settles one level of modules that import modules; Django's 5 are too few

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Minifies what was collected, then names it by its content."""
        for path in paths if not dry_run else ():
            minify = MINIFIERS.get(Path(path).suffix)
            if minify and not path.startswith(FINISHED):
                collected = Path(self.path(path))
                collected.write_text(minify(collected.read_text()))
        yield from super().post_process(paths, dry_run, **options)
