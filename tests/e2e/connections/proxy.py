"""An HTTP proxy for CONNECT that wants a log-in and writes down where it led; runs on a sandbox host.

usage: proxy.py PORT FILE-WITH-BASE64-OF-USER:PASSWORD LOG-FILE
"""

import asyncio
import sys
from pathlib import Path


async def relay(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def serve(reader, writer):
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    method, where = head.split()[:2]
    login = Path(sys.argv[2]).read_text().strip()
    is_let_in = f"proxy-authorization: basic {login}".lower() in head.lower()
    if method != "CONNECT" or not is_let_in:
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        writer.close()
        return
    with Path(sys.argv[3]).open("a") as log:
        log.write(f"{where}\n")
    host, _, port = where.rpartition(":")
    far_reader, far_writer = await asyncio.open_connection(host.strip("[]"), int(port))
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    await asyncio.gather(relay(reader, far_writer), relay(far_reader, writer), return_exceptions=True)


async def main():
    server = await asyncio.start_server(serve, "", int(sys.argv[1]))
    async with server:
        await server.serve_forever()


asyncio.run(main())
