"""Chain errors: ChainError > {ChainUnavailableError, ChainMismatchError, ChainRevertError}."""


class ChainError(Exception):
    """Something about the chain is not as it should be."""


class ChainUnavailableError(ChainError):
    """The node does not answer. Nothing is lost: the worker tries again."""


class ChainMismatchError(ChainError):
    """The node serves another chain, or a log that is not ours."""


class ChainRevertError(ChainError):
    """The contract refused; ``reason`` is its error by name with its fields."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
