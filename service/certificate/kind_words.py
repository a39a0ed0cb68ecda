"""What the kinds of events are called on paper."""

from service.core.sheet import Words
from verifier.kind_texts import kind_name


def kind_words(kind: str) -> Words:
    """The name of an event kind; of a reversal, the name of what it takes back."""
    english, chinese = kind_name(kind)
    return Words(zh=chinese, en=english)
