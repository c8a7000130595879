"""Errors of messages as problems."""

from collections.abc import Iterator
from contextlib import contextmanager

from cloud.changes import WhyError
from cloud.messages.outbox import NotSentError
from cloud.messages.words import TemplateError
from cloud.sealing import SealedError
from web.problems import ProblemError


@contextmanager
def answered() -> Iterator[None]:
    try:
        yield
    except (TemplateError, WhyError) as error:
        raise ProblemError(422, "template", str(error)) from error
    except NotSentError as error:
        raise ProblemError(409, f"message-{error.code}", "This is not sent", str(error)) from error
    except SealedError as error:
        raise ProblemError(503, "sealed", "Clients cannot be opened now", str(error)) from error
