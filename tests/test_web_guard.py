"""Every answer of our servers has its headers, that to an unforeseen error too, which tells nothing of it."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from voiceact.web.security import Guard, unforeseen_answer


async def fail(_request: Request) -> Response:
    raise ZeroDivisionError("in /secret/place")


async def greet(_request: Request) -> Response:
    return PlainTextResponse("hello")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_unforeseen_error_has_the_headers_and_no_word_of_itself(scheme: str) -> None:
    app = Starlette(
        routes=[Route("/fail", fail), Route("/greet", greet)],
        middleware=[Middleware(Guard)],
        exception_handlers={Exception: unforeseen_answer({"error": "failed"})},
    )
    client = TestClient(app, base_url=f"{scheme}://lab.example", raise_server_exceptions=False)
    failed, greeted = client.get("/fail"), client.get("/greet")
    assert (failed.status_code, failed.json()) == (500, {"error": "failed"})
    for name, value in greeted.headers.items():
        if not name.startswith("content-") or name == "content-security-policy":
            assert failed.headers[name] == value, name
    assert failed.headers["cache-control"] == "no-store" and ("strict-transport-security" in failed.headers) == (
        scheme == "https"
    )

    # The server itself is told, and logs it with its stack.
    with pytest.raises(ZeroDivisionError):
        TestClient(app, base_url="http://lab.example").get("/fail")
