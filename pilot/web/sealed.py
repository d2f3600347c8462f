"""Papers on their way in: a blinded one to be stamped and a sealed one, read from a request that nobody logs."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Request, Response

from pilot.errors import BadInput

STAMP_BYTES = 384

LEFT = "pilot-left"
"""The header of an answer that says how often the same paper can still be filled in; vote.js reads it."""


async def read_blinded(request: Request[Any, Any, Any]) -> tuple[bytes, datetime]:
    """A blinded paper, and when all of it had arrived: a slow request must not come in after the close.

    Raises BadInput for any other number of bytes than 384.
    """
    blinded = await request.body()
    if len(blinded) != STAMP_BYTES:
        raise BadInput("The paper did not arrive whole. Try again.")
    return blinded, request.app.state.clock()


def stamped(signature: bytes) -> Response[bytes]:
    """The stamp, as bytes."""
    return Response(signature, media_type="application/octet-stream")


def received(receipt: Any, left: int) -> Response[dict[str, Any]]:
    """The receipt of a sealed paper, and how often the paper can still be filled in."""
    return Response({"cast": True, **msgspec.to_builtins(receipt)}, headers={LEFT: str(left)})
