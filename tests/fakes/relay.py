"""Standard streams to a TCP connection, as `nc HOST PORT`: a ProxyCommand for tests."""

import os
import select
import socket
import sys

with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as far:
    while True:
        for ready in select.select([0, far], [], [])[0]:
            data = os.read(0, 65536) if ready == 0 else far.recv(65536)
            if not data:
                sys.exit()
            if ready == 0:
                far.sendall(data)
            else:
                os.write(1, data)
