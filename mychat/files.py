"""Where uploaded files are kept: on the disk, or in an object store that speaks S3 where the environment names one."""

from typing import Any
from urllib.parse import urlsplit

from mychat import env

LOCAL = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
LINK_SECONDS = 60
# The names we document, and those that add-ons of platforms set by themselves.
NAMES = {
    "bucket_name": ("S3_BUCKET", "BUCKETEER_BUCKET_NAME"),
    "access_key": ("S3_ACCESS_KEY_ID", "BUCKETEER_AWS_ACCESS_KEY_ID", "CLOUDCUBE_ACCESS_KEY_ID"),
    "secret_key": ("S3_SECRET_ACCESS_KEY", "BUCKETEER_AWS_SECRET_ACCESS_KEY", "CLOUDCUBE_SECRET_ACCESS_KEY"),
    "region_name": ("S3_REGION", "BUCKETEER_AWS_REGION"),
    "endpoint_url": ("S3_ENDPOINT_URL",),
    "location": ("S3_PREFIX",),
}
FIXED = {
    "default_acl": None,  # as the bucket says: nothing is public by our doing
    "file_overwrite": False,
    "querystring_auth": True,
    "querystring_expire": LINK_SECONDS,
    "signature_version": "s3v4",
}


def storage() -> dict[str, Any]:
    """The entry of STORAGES for uploaded files."""
    options = _options()
    if not options.get("bucket_name"):
        return LOCAL
    style = "path" if "endpoint_url" in options else "virtual"
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {**FIXED, **options, "addressing_style": style}}


def origins() -> list[str]:
    """Where a page must be allowed to load files from: our links to the object store lead there."""
    options = storage().get("OPTIONS")
    if not options:
        return []
    if "endpoint_url" in options:
        place = urlsplit(options["endpoint_url"])
        return [f"{place.scheme}://{place.netloc}"]
    hosts = ["s3", f"s3.{options['region_name']}"] if "region_name" in options else ["s3"]
    return [f"https://{options['bucket_name']}.{host}.amazonaws.com" for host in hosts]


def _options() -> dict[str, str]:
    named = {option: next(filter(None, map(env.text, names)), "") for option, names in NAMES.items()}
    return {**_cube(), **{option: value for option, value in named.items() if value}}


def _cube() -> dict[str, str]:
    """Cloudcube gives a part of its bucket: https://BUCKET.s3.amazonaws.com/PREFIX."""
    place = urlsplit(env.text("CLOUDCUBE_URL"))
    bucket = (place.hostname or "").partition(".")[0]
    return {"bucket_name": bucket, "location": place.path.strip("/")} if bucket else {}
