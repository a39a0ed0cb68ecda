"""The kinds table as the ledger reads it: one flat row for each code, reversals included."""

from dataclasses import dataclass

from verifier.kinds import CODE_BY_NAME, KIND_BY_CODE, REVERSAL, Home, Scope, Site, lanes, target_kinds


@dataclass(frozen=True, slots=True)
class Row:
    """One kind or reversal. ``source`` and ``destination`` are lane numbers in the home or in the site's account."""

    name: str
    code: int
    scope: Scope
    signers: int
    source: int | None
    is_source_home: bool
    source_name: str
    destination: int | None
    is_destination_home: bool
    is_movement: bool
    is_reversal: bool
    needs_stock: bool
    targets: frozenset[int]
    target_names: tuple[str, ...]

    def source_site(self, site: int) -> int:
        """The site whose account the pieces leave; 0 is the home."""
        return 0 if self.is_source_home else site

    def destination_site(self, site: int) -> int:
        """The site whose account the pieces enter; 0 is the home."""
        return 0 if self.is_destination_home else site


def _lane_name(lane: Home | Site | None) -> str:
    return "" if lane is None else f"{'home.' if isinstance(lane, Home) else ''}{lane.name}"


def _row(name: str, code: int) -> Row:
    kind = KIND_BY_CODE[code & ~REVERSAL]
    source, destination = lanes(code)
    target_names = target_kinds(code)
    is_reversal = bool(code & REVERSAL)
    return Row(
        name,
        code,
        kind.scope,
        int(kind.signers),
        None if source is None else int(source),
        isinstance(source, Home),
        _lane_name(source),
        None if destination is None else int(destination),
        isinstance(destination, Home),
        kind.is_movement,
        is_reversal,
        kind.needs_stock and not is_reversal,
        frozenset(CODE_BY_NAME[target] for target in target_names),
        target_names,
    )


ROWS = {
    name: _row(name, code)
    for name, code in CODE_BY_NAME.items()
    if KIND_BY_CODE[code & ~REVERSAL].scope is not Scope.REGISTRY
}
"""Every kind that may be posted, by name."""
