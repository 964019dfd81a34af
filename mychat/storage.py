"""How static files are named and compressed when collected."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Hashed names for everything, ES modules included, so that browsers may keep them for ever."""

    support_js_module_import_aggregation = True
    max_post_process_passes = 20  # each pass settles one level of modules that import modules; Django's 5 are too few
