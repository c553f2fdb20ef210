"""The server: sockets, the protocol's patience, one process or several."""
