"""Reads the YAML of an answer: the server publishes its contract as such, the same bytes each time, and to
parse them takes longer than a hundred calls.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import schemathesis
from schemathesis import DeserializationContext, Response
from schemathesis.core.deserialization import deserialize_yaml
from schemathesis.core.media_types import YAML_MEDIA_TYPES


@schemathesis.deserializer(*YAML_MEDIA_TYPES)
def read(context: DeserializationContext, response: Response) -> Any:
    """As Schemathesis reads it, once. Raises yaml.YAMLError and UnicodeDecodeError."""
    return _document(response.content.decode(response.encoding or "utf-8"))


_document = cache(deserialize_yaml)
