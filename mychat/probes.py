"""The two addresses a platform asks whether all is well."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from chat.live import drain
from mychat import health

Answer = Callable[[HttpRequest], HttpResponse]


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process runs. Asks nobody else: a broken database is no reason to restart us."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when this process can serve people, else 503: send them elsewhere meanwhile. The text says what is missing.

    All works without Redis, if less well; and it is missing for every process, so there is no elsewhere.
    """
    missing = {"process": "ending"} if drain.begun() else health.missing()
    ready = missing.keys() <= {"redis"}
    lines = ["ready"] * ready + [f"{name}: {problem}" for name, problem in missing.items()]
    return HttpResponse("\n".join(lines) + "\n", status=200 if ready else 503, content_type="text/plain")


def answer_probes(get_response: Answer) -> Answer:
    """Middleware: answers them before anybody looks at the host. A platform asks by address, not by name."""
    probes: dict[str, Answer] = {"/healthz": healthz, "/readyz": readyz}

    def middleware(request: HttpRequest) -> HttpResponse:
        return probes.get(request.path_info, get_response)(request)

    return middleware
