"""The app's server: Streamlit's own, behind a check of who asks. `gemelo app` starts it."""

import streamlit as st
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from gemelo.http_strict import stranger


class OwnOrigin:
    """Refuses requests that pages of other origins send; which hosts are let in is Streamlit's `server.allowedHosts`.

    Streamlit lets in every page of this machine, whatever its port, and stumbles over an origin that is none.

    Args:
        app: What is asked where nothing speaks against it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403, or pass it on."""
        if scope["type"] in ("http", "websocket") and _is_foreign(Headers(scope=scope)):
            await _refuse(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _is_foreign(headers: Headers) -> bool:
    allowed = st.get_option("server.corsAllowedOrigins") or []
    return headers.get("origin") not in allowed and stranger(headers, local=False) is not None


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    await send({"type": "http.response.start", "status": 403, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


app = st.App("app.py", middleware=[Middleware(OwnOrigin)])
