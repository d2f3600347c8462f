"""The environment, read once into one frozen value; unsafe production settings are refused with the reason."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

ROOT = Path(__file__).resolve().parent.parent

FEWEST_PEOPLE = 11
"""The fewest people about whom a figure may be shown. An installation can ask for more, never for fewer."""


class Unsafe(Exception):  # noqa: N818 -- a refusal to start
    """Settings with which the server must not start; the text says why."""


class Settings(msgspec.Struct, frozen=True):
    """What an installation may choose. Times are seconds, sizes are megabytes."""

    database_url: str
    secret_key: bytes
    mode: Literal["demonstration", "production"] = "demonstration"
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = "http://127.0.0.1:8000"
    templates: Path = ROOT / "templates"
    static: Path = ROOT / "static"
    service_name: str = "Pilot"
    help_phone: str = "01632 960 123"
    forwarded_from: str = ""
    evaluate_memory_mb: int = 2048
    evaluate_seconds: int = 60
    fewest_people: int = FEWEST_PEOPLE

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies are sent over https only: always in production."""
        return self.public_url.startswith("https://")

    @property
    def demonstration(self) -> bool:
        """Whether this installation shows made-up trusts and people."""
        return self.mode == "demonstration"


def from_environment(environ: Mapping[str, str]) -> Settings:
    """Read the settings from environment variables (docs/how-to/settings.md names them all).

    Raises Unsafe, with the reason, for values that cannot be used and for a production set-up that would not be safe.
    """
    data = Path(environ.get("PILOT_DATA", str(ROOT / "data")))
    mode = environ.get("PILOT_MODE", "demonstration")
    if mode not in ("demonstration", "production"):
        raise Unsafe("PILOT_MODE must be demonstration or production.")
    port = _whole_number(environ, "PORT", 8000)
    host = environ.get("PILOT_HOST", "127.0.0.1")
    settings = Settings(
        database_url=environ.get("PILOT_DATABASE", f"sqlite+aiosqlite:///{data / 'pilot.sqlite'}"),
        secret_key=_secret_key(environ, data),
        mode="production" if mode == "production" else "demonstration",
        host=host,
        port=port,
        public_url=environ.get("PILOT_PUBLIC_URL", f"http://127.0.0.1:{port}").rstrip("/"),
        templates=Path(environ.get("PILOT_TEMPLATES", str(ROOT / "templates"))),
        static=Path(environ.get("PILOT_STATIC", str(ROOT / "static"))),
        service_name=environ.get("PILOT_SERVICE_NAME", "Pilot"),
        help_phone=environ.get("PILOT_HELP_PHONE", "01632 960 123"),
        forwarded_from=environ.get("PILOT_FORWARDED_FROM", ""),
        evaluate_memory_mb=_whole_number(environ, "PILOT_EVALUATE_MEMORY_MB", 2048),
        evaluate_seconds=_whole_number(environ, "PILOT_EVALUATE_SECONDS", 60),
        fewest_people=_whole_number(environ, "PILOT_FEWEST_PEOPLE", FEWEST_PEOPLE),
    )
    _refuse_unsafe(settings, environ)
    return settings


def _whole_number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, str(default))
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise Unsafe(f"{name} must be a whole number above 0, but is “{text}”.")
    return int(text)


def _secret_key(environ: Mapping[str, str], data: Path) -> bytes:
    """The installation's own secret: from the environment, else from a file beside the database, made once."""
    if text := environ.get("PILOT_SECRET_KEY"):
        return text.encode()
    path = data / "secret.key"
    if not path.exists():
        data.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32))
    return path.read_text().strip().encode()


def _refuse_unsafe(settings: Settings, environ: Mapping[str, str]) -> None:
    if len(settings.secret_key) < 32:
        raise Unsafe("PILOT_SECRET_KEY must have at least 32 characters, since voting codes are kept under it.")
    if settings.fewest_people < FEWEST_PEOPLE:
        raise Unsafe(
            f"PILOT_FEWEST_PEOPLE must be {FEWEST_PEOPLE} or more, but is “{settings.fewest_people}”: figures about "
            "fewer people could tell who they are."
        )
    if settings.mode == "demonstration":
        return
    if urlsplit(settings.public_url).scheme != "https":
        raise Unsafe("PILOT_PUBLIC_URL must begin with https:// in production, or sign-in cookies could be read.")
    if "PILOT_HELP_PHONE" not in environ:
        raise Unsafe("PILOT_HELP_PHONE must be set in production: staff without e-mail need somebody to call.")
