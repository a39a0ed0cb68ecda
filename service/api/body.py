"""Reads a request's body, up to a size."""

from fastapi import Request

from service.api.problems import ProblemError

MAX_BODY_BYTES = 32 * 2**20


async def read_body(request: Request) -> bytes:
    """The whole body; a problem 413 beyond 32 MiB, whatever the header says."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > MAX_BODY_BYTES:
        raise ProblemError(413, "TooLarge", f"expected at most {MAX_BODY_BYTES} bytes", got=int(length))
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY_BYTES:
            raise ProblemError(413, "TooLarge", f"expected at most {MAX_BODY_BYTES} bytes")
        parts.append(part)
    return b"".join(parts)
