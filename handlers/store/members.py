"""The members of a package (PackagePayload) that are columns of the same name; its author is kept apart."""

PLAIN = (
    "archive",
    "changelog",
    "description",
    "downloads",
    "id",
    "kind",
    "license",
    "name",
    "public_key",
    "quality",
    "readme",
    "repository",
    "signature",
    "version",
)
