"""`pilot serve`: the web server, which also does what is due, each minute."""

import argparse
import os

import uvicorn

from pilot.app import create_app
from pilot.clock import utc_now
from pilot.settings import from_environment


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("serve", help="run the web server")
    parser.set_defaults(run=run)


def run(_args: argparse.Namespace) -> int:
    """Serve until stopped. No access log is kept: it would hold addresses beside times."""
    settings = from_environment(os.environ)
    app = create_app(settings, utc_now)
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_level="warning",
        server_header=False,
        # Nobody may choose the address under which wrong codes are counted, but for a proxy that was named.
        proxy_headers=bool(settings.forwarded_from),
        forwarded_allow_ips=settings.forwarded_from or None,
    )
    return 0
