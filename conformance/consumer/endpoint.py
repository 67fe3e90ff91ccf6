"""The socket that a consumer calls, and the evidence of what it sent.

A request is put down when it is read, with the answer that it is about to get: so the evidence is in the order of
arrival, however long an answer takes. Served by aiohttp on a loop of its own in a thread; it reads chunked bodies,
which many SOAP stacks send. Any path is answered, POST alone.
Elsewhere: what is answered (platform.py).
"""

import asyncio
import ssl
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from aiohttp import web

from conformance.consumer.asked import Question
from conformance.consumer.platform import Reply
from conformance.consumer.settings import ConsumerSettings
from conformance.exchange import Evidence, Failure, HttpMessage

_MOST_BYTES = 15_728_640
_SECRET = ("authorization", "cookie", "x-vp-auth-cert")
_SILENCE = Failure("dropped", "The kit gave no answer and broke the line, as the scenario has it.")

Answerer = Callable[[Question], Reply]


class Endpoint:
    """Answers until it is closed. `answerer` and `purpose` are set anew for each scenario, between its requests.

    Raises OSError for a port that is taken, ValueError or OSError for TLS files that cannot be used.
    """

    def __init__(self, settings: ConsumerSettings, evidence: Evidence, answerer: Answerer) -> None:
        self.answerer, self.purpose = answerer, "Before the first scenario."
        self._settings, self._evidence = settings, evidence
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="conformance-clinic", daemon=True)
        self._thread.start()
        try:
            self._runner, self.url = self._run(self._open())
        except BaseException:
            self._stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result()
        self._stop()

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, opening: "asyncio.Future[tuple[web.AppRunner, str]] | object") -> tuple[web.AppRunner, str]:
        return asyncio.run_coroutine_threadsafe(opening, self._loop).result()  # type: ignore[arg-type]

    async def _open(self) -> tuple[web.AppRunner, str]:
        application = web.Application(client_max_size=_MOST_BYTES)
        application.router.add_post("/{path:.*}", self._answered)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        settings, tls = self._settings, _tls(self._settings)
        await web.TCPSite(runner, settings.host, settings.port, ssl_context=tls).start()
        port = runner.addresses[0][1]
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        return runner, f"{'https' if tls else 'http'}://{host}:{port}"

    async def _answered(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await request.read()
        asked = Question(HttpMessage(headers, body))
        reply = self.answerer(asked)
        self._put_down(asked, request.path, reply)
        if reply.waits:
            await asyncio.sleep(reply.waits)
        if reply.is_silence:
            if request.transport is not None:
                request.transport.abort()
            raise web.HTTPRequestTimeout  # nobody gets it
        return web.Response(status=reply.status, body=reply.body, headers=_headers(reply))

    def _put_down(self, asked: Question, path: str, reply: Reply) -> None:
        headers = {name: "(hidden)" if name in _SECRET else value for name, value in asked.request.headers.items()}
        answer = None if reply.is_silence else HttpMessage(_headers(reply), reply.body, reply.status)
        failure = _SILENCE if reply.is_silence else None
        request = HttpMessage(headers, asked.request.body)
        self._evidence.add(self.purpose, asked.interaction, path, request, answer, failure, reply.waits)


def _headers(reply: Reply) -> dict[str, str]:
    return {"content-type": f"text/xml; charset={reply.charset}"}


def _tls(settings: ConsumerSettings) -> ssl.SSLContext | None:
    if settings.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(settings.certificate, settings.key)
    return context
