"""The one failure of the embedded server: it cannot run here, and a sentence says why."""


class EmbeddedPostgresError(Exception):
    """The message is one clear sentence for the person who typed the command."""
