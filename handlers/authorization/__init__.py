"""The authorization code flow: what a client asks for through a browser, and what a person decides."""
