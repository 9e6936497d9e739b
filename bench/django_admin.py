"""Django admin's search over the portal's own table, run by a Python that has Django: ``django_admin.py PORT DATABASE``.

Started by ``bench.search --django``; ``/enter`` signs its one superuser in, so that the client needs no form.
"""

import sys
import tempfile
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.apps import AppConfig
from django.conf import settings


class Portal(AppConfig):
    """The one application of this file; the admin looks its name up."""

    name, label, verbose_name, path = "__main__", "portal", "Portal", str(Path(__file__).parent)


class Router:
    """The register lies in the portal's file, Django's own tables in another."""

    def db_for_read(self, model, **hints):
        return "portal" if model._meta.app_label == "portal" else "default"

    db_for_write = db_for_read

    def allow_relation(self, one, other, **hints):
        return True


def configure(database: str, own: str) -> None:
    """Settings of the smallest site with an admin."""
    sqlite = "django.db.backends.sqlite3"
    settings.configure(
        SECRET_KEY="benchmark", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, STATIC_URL="/static/", USE_TZ=False,
        DATABASES={"default": {"ENGINE": sqlite, "NAME": own}, "portal": {"ENGINE": sqlite, "NAME": database}},
        DATABASE_ROUTERS=[Router()], DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=["__main__.Portal", *("django.contrib." + name for name in ("admin", "auth", "contenttypes", "sessions", "messages"))],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        TEMPLATES=[{
            "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
            "OPTIONS": {"context_processors": [
                "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]},
        }],
    )  # fmt: skip
    django.setup()


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """A benchmark's server writes no log."""


def main() -> None:
    own = Path(tempfile.mkdtemp()) / "django.db"
    configure(sys.argv[2], str(own))
    from django.contrib import admin
    from django.contrib.auth import get_user_model, login
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application
    from django.db import models
    from django.http import HttpResponse
    from django.urls import path

    class Subject(models.Model):
        name = models.TextField()
        credit_code = models.TextField()
        street = models.TextField()
        state = models.TextField()

        class Meta:
            app_label, db_table, managed = "portal", "subject", False

    class SubjectAdmin(admin.ModelAdmin):
        list_display = ("name", "credit_code", "street", "state")
        search_fields = ("name",)
        list_per_page = 30

    admin.site.register(Subject, SubjectAdmin)
    call_command("migrate", verbosity=0)
    user = get_user_model().objects.create_superuser("bench", password="bench")

    def enter(request):
        login(request, user)
        return HttpResponse("in")

    globals()["urlpatterns"] = [path("admin/", admin.site.urls), path("enter", enter)]
    make_server("127.0.0.1", int(sys.argv[1]), get_wsgi_application(), Server, Quiet).serve_forever()


if __name__ == "__main__":
    sys.modules[__name__] = sys.modules["__main__"]
    main()
