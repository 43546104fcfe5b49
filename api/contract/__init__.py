"""The contract, compiled: from `cloud_instance.yaml` to routing, request and response validation, security
and the calls of handlers.

Everything here is made once at start from one document. `document.py` reads it, `compilation.py` turns each
operation into the plans that the other modules define, and `pipeline.py` walks a request through them in one
fixed order. Nothing in this package knows a particular operation.
"""
