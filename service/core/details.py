"""How the six disclosures of an event are kept (docs/erasure.md). Pure.

Joined by ``~``, in the order of the groups. A slot holds the disclosure; or ``*<number>.<box>``, the disclosure locked
under the key of subject <number>; or nothing, once it was erased. A *subject* is an order or a buyer of one sender: its
details can be erased by its key. What the store hands out holds disclosures and erased slots, never boxes.
"""

from collections.abc import Mapping
from typing import Any

from verifier.event import GROUPS

ORDER, PERSON = GROUPS.index("order"), GROUPS.index("person")
"""The slots that are locked."""
Subjects = tuple[str | None, str | None]
"""The order and the buyer that an event names. A person group without a buyer is its order's."""
NOBODY: Subjects = (None, None)
LOCKED = b"*"
_ERASED = b"~".join([b""] * len(GROUPS))


def slots_of(disclosures: bytes | None) -> list[bytes]:
    """The six slots; all of them are empty where the whole event was erased."""
    return (disclosures or _ERASED).split(b"~")


def open_slots(disclosures: bytes | None) -> dict[str, str]:
    """Group → disclosure, of the slots that can be read as they stand."""
    slots = zip(GROUPS, slots_of(disclosures), strict=True)
    return {group: slot.decode("ascii") for group, slot in slots if slot and not slot.startswith(LOCKED)}


def erased_groups(disclosures: bytes | None) -> list[str]:
    """The groups that were erased."""
    return [group for group, slot in zip(GROUPS, slots_of(disclosures), strict=True) if not slot]


def order_subject(order_ref: str) -> str:
    """The name of an order among the subjects of its sender."""
    return "o" + order_ref


def buyer_subject(buyer_pseudonym: str) -> str:
    """The name of a buyer among the subjects of its sender."""
    return "b" + buyer_pseudonym


def subjects_of(order: Mapping[str, Any] | None, person: Mapping[str, Any] | None) -> Subjects:
    """The subjects of an event's groups; None where a group is absent or names none.

    What speaks of a whole account, such as a statement, stays in clear.
    """
    order_ref = order.get("order_ref") if order else None
    buyer = person.get("buyer_pseudonym") if person else None
    return (order_subject(order_ref) if order_ref else None), (buyer_subject(buyer) if buyer else None)
