"""What changed between two contracts, and whether a client that was written against the older one notices.

Inputs may only widen: what was taken is taken. Outputs may only gain: what was answered is answered, in the
same types. Both are questions about sets of values, so they are put to schemas in canonical form, where
containment is proven or refuted; what can be neither is left to a reader, under the name of `review`. What is
collected is not judged here.
"""

from api.contract.differences.change import Change, Verdict
from api.contract.differences.documents import compare

__all__ = ["Change", "Verdict", "compare"]
