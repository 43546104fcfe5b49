"""What travels, travels encrypted: real handshakes with the running server."""
