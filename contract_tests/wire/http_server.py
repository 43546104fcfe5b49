"""Where uvicorn and its parser decide and this program cannot: every such answer, in one place.

None of them is a 5xx, a hang or a second reading of a request; they are stricter or plainer than need be.
"""

NO_HALF_CLOSE = (
    "A client that ends its direction before the answer is there may get none: the connection's end is what"
    " the server is told, and it takes the client for gone, unless the answer was already made. No request is"
    " half executed: what was not received whole is dropped."
)
ONLY_KNOWN_METHODS = (
    "The parser knows a list of methods, in capitals, and refuses others as no HTTP before a path is looked"
    " at; those on its list that no operation has are answered 405."
)
NO_EMPTY_ABSOLUTE_PATH = (
    "An absolute target without a path stands for `/`; the URL parser finds no path in it, and it is refused."
)
NO_KEEP_ALIVE_IN_1_0 = "HTTP/1.0 connections are closed after one answer, whatever they ask for."
ANY_EXPECTATION = "Expectations other than 100-continue are passed over, as RFC 9110 section 10.1.1 allows."
FRAGMENTS = "A fragment, which does not belong into a target, is cut off by the URL parser."
LEADING_ZEROS = "A Content-Length with leading zeros is read as its number; there is no other reading of it."
MORE_SPACES = "More than one space between the parts of a request line is read as one."
OTHER_PROTOCOL_NAMES = "The parser reads a request line of RTSP like one of HTTP of the same version."
EMPTY_LINES = "Empty lines before a request are passed over, as RFC 9112 section 2.2 asks for."

REASONS = {
    name: value for name, value in dict(globals()).items() if name.isupper() and isinstance(value, str)
}
