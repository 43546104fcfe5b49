"""`python -m api.serve`, which `scripts/serve` runs: reads the settings and serves, or says why not."""

from __future__ import annotations

import argparse
import gc
import sys

from api.serve.failures import sentence_for
from api.serve.startup import StartFailed
from api.settings import BadSetting, Settings


def main(arguments: list[str] | None = None) -> int:
    """Serve. Returns the exit code: 0 after a clean stop, 1 if there was no start or no clean stop."""
    flags = vars(_parser().parse_args(arguments))
    # Loading modules makes objects that stay. Collecting between them only costs time, a fifth of the start:
    # the supervisor and the workers turn it on again once they accept requests.
    gc.disable()
    try:
        settings = Settings.from_environment(flags)
        # Imported here, so that a mistyped setting is answered at once.
        from api.serve import supervisor

        supervisor.run(settings)
    except (BadSetting, StartFailed) as failure:
        return _refused(str(failure))
    except Exception as failure:  # noqa: BLE001 (the last stop before a traceback, which is no sentence)
        return _refused(sentence_for(failure))
    return 0


def _refused(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/serve",
        description="Start the server. Every flag is also a variable CANDOR_<NAME>; the flag wins.",
        allow_abbrev=False,
    )
    parser.add_argument("--host", metavar="H", help="where to listen (default 127.0.0.1)")
    parser.add_argument("--port", metavar="P", help="default 8080; 0 takes any free one")
    parser.add_argument("--data-dir", metavar="DIR", help="default .data in the repository")
    parser.add_argument("--database-url", metavar="URL", help="a PostgreSQL server; default: one of our own")
    parser.add_argument(
        "--public-url", metavar="URL", help="how clients reach the server (default: where it listens)"
    )
    parser.add_argument(
        "--tls-cert",
        metavar="FILE",
        help="a PEM certificate, its chain after it: speak TLS (default: do not)",
    )
    parser.add_argument("--tls-key", metavar="FILE", help="the certificate's PEM key, not encrypted")
    parser.add_argument("--workers", metavar="N", help="processes that answer requests (default 1)")
    parser.add_argument(
        "--local-model",
        action="store_const",
        const="yes",
        help="install a small language model, and run it for the assistant in a process of its own",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
