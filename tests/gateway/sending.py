"""Calls that are sent on to a real producer although nothing can be said of their bodies beforehand."""

import asyncio

from gateway.call import Answer, HttpRequest
from tests.gateway.builders import (
    CONTRACT,
    HttpProducer,
    a_pipeline,
    a_route,
    an_http_producer,
    http_reply,
    opened,
    sample,
)

PRODUCERS_ANSWER = sample(name="response")


def sent_on(
    request: HttpRequest, answer: bytes = PRODUCERS_ANSWER, profile: str = "RIVTABP21", **settings: object
) -> tuple[Answer, HttpProducer]:
    """What the consumer got, and the producer of GetAllCareTypes that answered like this."""

    async def ask() -> tuple[Answer, HttpProducer]:
        async with an_http_producer(http_reply("200 OK", answer)) as producer:
            route = a_route(address=producer.url, profile=profile, contract=CONTRACT)
            async with opened(a_pipeline(route, **settings)) as pipeline:
                return await pipeline.answer(request), producer

    return asyncio.run(ask())
