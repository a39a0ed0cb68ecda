"""kits: an exporter says what a bundle holds, from a time on. A version is never changed and never removed.

What was decided with an older version stays as it was decided: an allocation keeps the version that it used.
"""

from datetime import datetime

from service.core.allocation import Kit
from service.core.errors import RefusedError
from service.flow.allocate import sku_place
from service.flow.ports import CaptureStore
from service.flow.receive import wake


def put_kit(store: CaptureStore, kit: Kit, now: datetime) -> bool:
    """Register a kit, or a new version of it; False if this very version was there already.

    Events that waited for a SKU of this name are tried again. Raises RefusedError for a kit in a kit, for a name that a
    lot of this owner was declared with, and for a version that does not begin after the newest and after now.
    """
    components = [sku for sku, _ in kit.components]
    with store.capture() as capture:
        mine = [known for known in capture.find_kits([kit.sku, *components]) if known.owner == kit.owner]
        if kit in mine:
            return False
        inner = {known.sku for known in mine} & set(components)
        if inner:
            raise RefusedError("KitInKit", "expected SKUs of goods", field="components", got=min(inner))
        lots = capture.load_lots(capture.find_lots_of([kit.sku]))
        if any(lot.owner == kit.owner for lot in lots):
            raise RefusedError("KitSkuDeclared", "a lot was declared with this SKU", field="kit_sku", got=kit.sku)
        begun = [known.valid_from for known in mine if known.sku == kit.sku]
        earliest = max(int(now.timestamp()), max(begun) + 1) if begun else 0
        if kit.valid_from < earliest:
            detail = f"expected {earliest} or later (unix seconds): a version is followed, never changed"
            raise RefusedError("KitVersionTaken", detail, field="valid_from", got=kit.valid_from)
        capture.save_kit(kit)
        wake(capture, sku_place(kit.sku), now)
    return True
