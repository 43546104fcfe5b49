"""The engine, held to its promises by a small contract of its own: `contract.yaml`, its handlers in `sample`."""
