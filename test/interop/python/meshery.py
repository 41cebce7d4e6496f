"""Runs one of meshery-live's GraphQL documents against a Meshery Server; each answer is a line of JSON.

    pip install 'gql[aiohttp,websockets]'
    export MESHERY_URL=https://meshery.example.com MESHERY_PROVIDER=Meshery MESHERY_TOKEN=...
    python meshery.py node_modules/meshery-live/src/operations/v0.8/events.graphql
    python meshery.py .../patterns-now.graphql '{"selector": {"page": "0", "pageSize": "10", "search": "", "order": ""}}'
"""

import asyncio
import json
import os
import sys
from pathlib import Path

from gql import Client, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.websockets import WebsocketsTransport
from graphql import OperationType, get_operation_ast

SERVER = os.environ.get("MESHERY_URL", "http://localhost:9081").rstrip("/") + "/api/system/graphql/query"
COOKIES = {"meshery-provider": os.environ.get("MESHERY_PROVIDER", "None"), "token": os.environ.get("MESHERY_TOKEN", "")}
HEADERS = {"Cookie": "; ".join(f"{name}={value}" for name, value in COOKIES.items())}


async def follow(request):
    """Yields what a subscription pushes."""
    transport = WebsocketsTransport(
        url=SERVER.replace("http", "ws", 1),
        headers=HEADERS,
        # Offered both protocols, Meshery takes the old one.
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
        # Meshery never pings: without this a dead connection looks like a quiet one.
        ping_interval=20,
        # A page of designs can be larger than the 1 MiB that is let through otherwise.
        connect_args={"max_size": None},
    )
    async with Client(transport=transport) as session:
        async for data in session.subscribe(request):
            yield data


async def ask(request):
    """Yields the answer to a query."""
    async with Client(transport=AIOHTTPTransport(url=SERVER, headers=HEADERS)) as session:
        yield await session.execute(request)


async def main(file, variables="{}"):
    request = gql(Path(file).read_text(encoding="utf-8"))
    request.variable_values = json.loads(variables)
    subscribes = get_operation_ast(request.document).operation is OperationType.SUBSCRIPTION
    async for data in follow(request) if subscribes else ask(request):
        print(json.dumps(data), flush=True)


asyncio.run(main(*sys.argv[1:]))
