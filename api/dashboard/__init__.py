"""The web pages of Candor: static files, clients of the contract like any program."""
