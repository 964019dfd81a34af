"""How static files are named and compressed when collected."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Hashed names for everything, ES modules included, so that browsers may keep them for ever."""

    support_js_module_import_aggregation = True
