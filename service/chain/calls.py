"""Calls of the registry that anyone may send, as ``change_registry`` takes them: function and arguments."""

RetireKey = tuple[str, tuple[bytes, int, bytes]]


def retire_key(key_id: bytes, deadline: int, signature: bytes) -> RetireKey:
    """A party ends a key of its own: its signature over ``retire_key_digest``, ``deadline`` in unix seconds.

    The contract alone decides whether it counts; sending it again does no harm.
    """
    return "retireKey", (key_id, deadline, signature)
