"""The engine, held to its promises by a small contract of its own: `contract.yaml`, its handlers in `sample`.

A test with `trap_NN` in its name holds what stock Connexion gets wrong, by the number in this list:

1 a media type in other capitals skips validation; 2 a body without a media type; 3 bytes that crash parsers;
4 repeated JSON members, NaN, lone surrogates; 5 repeated form keys; 6 chunked bodies; 7 optional bodies;
8 undeclared answers pass; 9 messages echo values; 10 the media type depends on the status; 11 near media
types; 12 scopes of bearer schemes; 13 alternatives hide outages and look up twice; 14 401 without challenge;
15 anonymous alternative plus a bad credential; 16 bodies without limit; 17 slash redirects and odd paths; 18
wrong `Allow`; 19 undeclared query parameters; 20 YAML as a template; 21 the served document differs from the
file; 23 a start without handlers; 25 what the HTTP server itself lets through.
"""
