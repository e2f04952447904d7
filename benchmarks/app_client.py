"""A visitor of the Streamlit app without a browser: Streamlit's own messages over a websocket, so that many fit."""

import http.cookiejar
import json
import re
import urllib.request
import uuid
from collections.abc import Iterable
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from websockets.sync.client import ClientConnection, connect

_PATIENCE = 120.0


class Visitor:
    """One session of the app, on its first page.

    Args:
        url: The app's address.
    """

    def __init__(self, url: str, lang: str = "en") -> None:
        self.url, self.lang = url, lang
        jar = http.cookiejar.CookieJar()
        self._http = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        self._http.open(f"{url}/_stcore/health").close()
        self._token = next((cookie.value for cookie in jar if cookie.name == "_streamlit_xsrf"), "") or ""
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)
        self._open = connect(
            f"ws://{urlsplit(url).netloc}/_stcore/stream",
            additional_headers={"Cookie": cookies},
            subprotocols=["streamlit", self._token],  # type: ignore[list-item]  # strings to us
            max_size=None,
            open_timeout=_PATIENCE,
        )
        self._socket: ClientConnection = self._open.__enter__()
        self._session = ""
        self.elements: dict[tuple[int, ...], Any] = {}
        self._run([])

    def upload(self, photos: Iterable[tuple[str, bytes]]) -> str:
        """Send photos as the uploader does, wait until the page is drawn, and give back its text."""
        from streamlit.proto.Common_pb2 import FileUploaderState
        from streamlit.proto.WidgetStates_pb2 import WidgetState

        state = FileUploaderState()
        for (name, data), urls in zip(photos, self._places([name for name, _ in photos]), strict=True):
            self._put(urls.upload_url, name, data)
            info = state.uploaded_file_info.add()
            info.file_id, info.name, info.size = urls.file_id, name, len(data)
            info.file_urls.CopyFrom(urls)
        uploader = next(e.file_uploader for e in self.elements.values() if e.WhichOneof("type") == "file_uploader")
        self._run([WidgetState(id=uploader.id, file_uploader_state_value=state)])
        return self.text()

    def text(self) -> str:
        """What the page says, tags left out."""
        parts = [e.html.body for e in self.elements.values() if e.WhichOneof("type") == "html"]
        return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", " ".join(parts)))

    def close(self) -> None:
        """Leave."""
        self._open.__exit__(None, None, None)

    def __enter__(self) -> "Visitor":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, widgets: list[Any]) -> None:
        """Have the script run with these widgets, and again as often as it asks for it."""
        from streamlit.proto.BackMsg_pb2 import BackMsg

        message = BackMsg()
        message.rerun_script.query_string = f"lang={self.lang}"
        message.rerun_script.widget_states.widgets.extend(widgets)
        self._socket.send(message.SerializeToString())
        while (answer := self._receive()).WhichOneof("type") != "script_finished" or answer.script_finished == 2:
            pass  # 2: it ended early to start anew

    def _receive(self) -> Any:
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        message = ForwardMsg()
        message.ParseFromString(self._socket.recv(timeout=_PATIENCE, decode=False))
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._session = message.new_session.initialize.session_id or self._session
            self.elements.clear()
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self.elements[tuple(message.metadata.delta_path)] = message.delta.new_element
        return message

    def _places(self, names: list[str]) -> list[Any]:
        from streamlit.proto.BackMsg_pb2 import BackMsg

        message = BackMsg()
        message.file_urls_request.request_id = uuid.uuid4().hex
        message.file_urls_request.file_names.extend(names)
        message.file_urls_request.session_id = self._session
        self._socket.send(message.SerializeToString())
        while (answer := self._receive()).WhichOneof("type") != "file_urls_response":
            pass
        return list(answer.file_urls_response.file_urls)

    def _put(self, place: str, name: str, data: bytes) -> None:
        edge = uuid.uuid4().hex
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename={json.dumps(name)}\r\n'
        body = f"{head}Content-Type: image/webp\r\n\r\n".encode() + data + f"\r\n--{edge}--\r\n".encode()
        request = urllib.request.Request(self.url + place, body, method="PUT")
        request.add_header("Content-Type", f"multipart/form-data; boundary={edge}")
        request.add_header("X-Xsrftoken", self._token)
        self._http.open(request, timeout=_PATIENCE).close()
