"""Why a call of the assistant is not answered. None of it holds a word of what was said, or of what a
provider said.
"""

from __future__ import annotations

from typing import ClassVar, Final

from handlers.errors import ApiError, Forbidden, NotFound, TooManyRequests
from handlers.ports import UpstreamFailed

_DO_NOT_RETRY: Final = {"x-should-retry": "false"}
_AGAIN_IN_S: Final = 2
_LONGEST_WAIT_S: Final = 3_600


class NotInPlan(Forbidden):
    """403: the plan in force does not switch the assistant on."""

    error = "not_in_plan"
    message = "The plan of this account does not include the assistant."


class UnknownModel(NotFound):
    """404: there is no such model, or nobody can be asked for it now."""

    error = "unknown_model"
    message = "There is no model with this id: see get_models."


class InsufficientCredits(ApiError):
    """402: less is there than a short answer may cost."""

    status = 402
    error = "insufficient_credits"
    message = "There are not enough credits for this request."

    def __init__(self, *, required: int, available: int) -> None:
        super().__init__(headers=_DO_NOT_RETRY, members={"required": required, "available": available})


class NothingAsked(ApiError):
    """400: there is no message, or one of nobody who takes part in a conversation."""

    error = "invalid_messages"
    message = "Messages are of a `system`, `developer`, `user` or `assistant`, and there is at least one."


class TooLong(ApiError):
    """413: the messages do not fit the model."""

    status = 413
    error = "messages_too_long"
    message = "The messages are longer than this model takes."


class TooExpensive(TooLong):
    """413: the messages alone may cost more than one request may."""

    error = "request_too_expensive"
    message = "The messages are longer than one request to this model may cost."


class TooManyCalls(TooManyRequests):
    """429: as many calls of this person are under way as may be."""

    error = "too_many_calls"

    def __init__(self) -> None:
        super().__init__(
            _AGAIN_IN_S, "Too many requests of this account are being answered. Try again when one has ended."
        )


class QueueFull(TooManyRequests):
    """429: as many wait for this provider as may."""

    error = "queue_full"

    def __init__(self) -> None:
        super().__init__(_AGAIN_IN_S, "Too many requests wait for this model. Try again later.")


class KeyReused(ApiError):
    """409: the key came with another request before."""

    status = 409
    error = "idempotency_key_reused"
    message = "This Idempotency-Key was used for another request."

    def __init__(self) -> None:
        super().__init__(headers=_DO_NOT_RETRY)


class InFlight(ApiError):
    """409: the same request is under way where its answer cannot be shared."""

    status = 409
    error = "idempotency_in_flight"
    message = "This request is being answered already. Try again when it has ended."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": str(_AGAIN_IN_S)})


class AlreadyAnswered(ApiError):
    """409: the same request was answered and paid, and answers are not kept."""

    status = 409
    error = "already_answered"
    message = "This request was answered before, and answers are not kept."

    def __init__(self, *, cost: int) -> None:
        super().__init__(headers=_DO_NOT_RETRY, members={"credits": cost})


class ProviderFailed(ApiError):
    """502: the provider gave no answer, or none that can be used."""

    status = 502
    error = "provider_failed"
    message = "The provider of this model failed to answer. Nothing was charged."
    told: ClassVar[str | None] = "provider_failed"


class ProviderMisconfigured(ProviderFailed):
    """502: the provider refuses the operator's key, or does not know the model. The operator hears of it."""

    told = "provider_refused"


class ProviderRefused(ProviderFailed):
    """502: the provider does not take the request."""

    error = "provider_refused"
    message = "The provider of this model refused the request. Nothing was charged."
    told = None


class ProviderBusy(ApiError):
    """503 with `Retry-After`: the provider wants to be asked later."""

    status = 503
    error = "provider_busy"
    message = "The provider of this model is busy. Nothing was charged. Try again later."

    def __init__(self, retry_after_s: int | None) -> None:
        wait = min(max(1, retry_after_s or _AGAIN_IN_S), _LONGEST_WAIT_S)
        super().__init__(headers={"Retry-After": str(wait)})


class ProviderTimeout(ApiError):
    """504: the provider did not answer in time."""

    status = 504
    error = "provider_timeout"
    message = "The provider of this model did not answer in time. Nothing was charged."
    told = "provider_failed"


def of(failure: UpstreamFailed) -> ApiError:
    """What the caller is told of a provider's failure."""
    match failure.fault:
        case "too_long":
            return TooLong()
        case "queue_full":
            return QueueFull()
        case "overloaded":
            return ProviderBusy(failure.retry_after_s)
        case "timeout":
            return ProviderTimeout()
        case "key_refused" | "unknown_model":
            return ProviderMisconfigured()
        case "refused":
            return ProviderRefused()
        case _:
            return ProviderFailed()
