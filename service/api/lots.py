"""GET /v1/lots, GET /v1/lots/{declaration_no}/{item_no}, GET /v1/batches/{number}."""

from collections.abc import Collection
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request

from service.api.access import CallerDep, note_read, see_lot
from service.api.events import describe
from service.api.problems import not_found
from service.core.access import Sight, may_read_batch, may_read_event, sees_every_lot, sight_of_lot
from service.core.caller import Caller
from service.core.times import utc_text
from service.store.trail import LotEntry, LotView, SqlTrail
from verifier.kinds import NAME_BY_CODE
from verifier.lanes import lane_name
from verifier.record import RECORD_BYTES, Word, lot_to_hex

router = APIRouter(prefix="/v1", tags=["lots"])

DeclarationNo = Annotated[str, Path(pattern=r"^[0-9]{18}$", description="18-digit customs declaration number")]
ItemNo = Annotated[int, Path(ge=1, le=99, description="项号, the line of the declaration")]
BatchNo = Annotated[int, Path(ge=0, lt=2**31)]
PartNo = Annotated[int, Query(ge=0, le=99, description="part number where one line merges several SKUs")]


@router.get("/lots", summary="Your lots 批次列表")
def get_lots(
    request: Request,
    caller: CallerDep,
    first: Annotated[int, Query(ge=0, lt=2**31)] = 0,
    limit: Annotated[int, Query(ge=0, le=1_000)] = 200,
) -> dict[str, Any]:
    """The lots that the caller owns, by line; every lot for customs and tax; for a warehouse those sent to its sites.

    Of a lot that is not its own a warehouse is not told how much was declared.
    """
    with request.app.state.trails.trail() as trail:
        sites = trail.sites_of(caller.party)
        lots = trail.list_lots(None if sees_every_lot(caller) else caller.party, sites, first, limit)
        return {"lots": [shown for lot in lots if (shown := _entry(request, trail, caller, lot)) is not None]}


def _entry(request: Request, trail: SqlTrail, caller: Caller, lot: LotEntry) -> dict[str, Any] | None:
    sight = sight_of_lot(caller, owner=lot.owner, is_admitted=False, has_site=True)
    if sight is Sight.NOTHING:
        return None
    note_read(request, lot.owner, "lots")
    hidden = {} if sight is Sight.WHOLE else {"declared": None, "export_date": None}
    return asdict(lot) | {"lot": lot_to_hex(lot.lot)} | hidden


@router.get("/lots/{declaration_no}/{item_no}", summary="A lot and its trail 批次与轨迹")
def get_lot(
    request: Request,
    caller: CallerDep,
    declaration_no: DeclarationNo,
    item_no: ItemNo,
    part_no: PartNo = 0,
    first: Annotated[int, Query(ge=0, lt=2**31, description="position of the first event to show")] = 0,
    limit: Annotated[int, Query(ge=0, le=1_000)] = 200,
) -> dict[str, Any]:
    """Where every piece of a lot is, and its trail: the events of its history in order, a page at a time.

    A warehouse sees what lies at its own sites and its own events; what it is not told is null.
    """
    line = f"{declaration_no}-{item_no:02d}-{part_no:02d}"
    with request.app.state.trails.trail() as trail:
        lot, sight = see_lot(request, trail, caller, trail.find_lot(line=line))
        if sight is Sight.OWN_SITES:
            return _own_sites(trail, caller, lot, first, limit)
        runs = trail.runs_of(lot.lot)
        sites, parties = trail.sites(), trail.parties()
        names = {0: "home"} | {number: name for number, (name, _) in sites.items()}
        return {
            "lot": lot_to_hex(lot.lot),
            "line": line,
            "owner": {"party": lot.owner, "name": parties.get(lot.owner)},
            "declared": lot.declared,
            "accounts": _accounts(lot, names, lot.accounts.by_site.keys()),
            "length": lot.length,
            "anchored_length": runs[-1].length if runs else 0,
            "history_head": "0x" + (runs[-1].head.hex() if runs else "00" * 32),
            "trail": [describe(trail, event, caller) for event in trail.events_of(lot.lot, first, first + limit)],
        }


def _own_sites(trail: SqlTrail, caller: Caller, lot: LotView, first: int, limit: int) -> dict[str, Any]:
    """A lot as a warehouse sees it: what lies at its own sites, and the events that it posted."""
    own = trail.sites_of(caller.party)
    names = {number: name for number, (name, _) in trail.sites().items()}
    events = [
        event
        for event in trail.events_of(lot.lot, first)
        if may_read_event(caller, sender=event.party, sight=Sight.OWN_SITES)
    ]
    hidden = ("declared", "length", "anchored_length", "history_head")
    return {
        "lot": lot_to_hex(lot.lot),
        "line": lot.line,
        "owner": {"party": lot.owner, "name": trail.parties().get(lot.owner)},
        "accounts": _accounts(lot, names, own),
        "trail": [describe(trail, event, caller) for event in events[:limit]],
    } | dict.fromkeys(hidden)


def _accounts(lot: LotView, names: dict[int, str], sites: Collection[int]) -> list[dict[str, Any]]:
    return [
        {
            "site": site,
            "name": names.get(site, f"site {site}"),
            "lanes": {lane_name(site, lane): pieces for lane, pieces in _named(site, account)},
        }
        for site, account in sorted(lot.accounts.by_site.items())
        if site in sites
    ]


def _named(site: int, account: list[int]) -> list[tuple[int, int]]:
    return list(enumerate(account if site else account[:6]))


@router.get("/batches/{number}", summary="A batch 上链批次")
def get_batch(request: Request, caller: CallerDep, number: BatchNo) -> dict[str, Any]:
    """A batch: whose it is, where it lies on chain, and its records. Read by its party, customs and tax."""
    with request.app.state.trails.trail() as trail:
        found = trail.find_batch(number)
        if found is None or not may_read_batch(caller, party=found[0].party):
            raise not_found()
        batch, block_number, failure = found
        note_read(request, batch.party, "batch", str(number))
        words = [Word.from_bytes(batch.records[i:]) for i in range(0, len(batch.records), RECORD_BYTES)]
        return {
            "number": number,
            "party": batch.party,
            "count": len(words),
            "status": "refused" if failure else "anchored" if block_number is not None else "sealed",
            "failure": failure,
            "first_leaf": batch.first_leaf,
            "block_number": block_number,
            "tx_hash": "0x" + batch.tx_hash.hex(),
            "nonce": batch.nonce,
            "deadline": utc_text(batch.deadline),
            "signature": "0x" + batch.signature.hex(),
            "records": [
                {
                    "lot": lot_to_hex(word.lot),
                    "site": word.site,
                    "kind": NAME_BY_CODE[word.kind],
                    "quantity": word.quantity,
                    "digest": "0x" + batch.records[i * RECORD_BYTES + 16 : (i + 1) * RECORD_BYTES].hex(),
                }
                for i, word in enumerate(words)
            ],
        }
