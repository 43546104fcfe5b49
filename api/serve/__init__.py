"""The running server: a supervisor that prepares what workers need, and workers that answer requests.

One worker lives in the supervisor's own process; several are its children and share its listening socket.
"""

import warnings

# Connexion imports Starlette's test client, which warns about a choice that nobody here can make.
warnings.filterwarnings("ignore", message="Using `httpx` with `starlette.testclient`")
