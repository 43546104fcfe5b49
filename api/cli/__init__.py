"""The operator's command line, `scripts/admin`: administration happens on the host, never over HTTP.

Every command takes `--data-dir`, `--database-url` and `--json` after its name, and the same `CANDOR_*`
variables as the server. It works while a server runs, sharing its database, and while none does. Results go
to standard output; a refusal is one sentence on standard error and exit code 1. The decisions are made by
the use cases in `handlers/`.
"""
