"""How many minor digits a currency has (ISO 4217, list one, as published 2024-06-25)."""

_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_FOUR = "CLF UYW"
MINOR_DIGITS = {code: digits for codes, digits in ((_NONE, 0), (_THREE, 3), (_FOUR, 4)) for code in codes.split(" ")}
"""The currencies that do not have two."""


def format_minor(amount: int, currency: str) -> str:
    """Minor units as people write them: 1267500 USD → "12,675.00", 1500 JPY → "1,500"."""
    digits = MINOR_DIGITS.get(currency, 2)
    sign, whole = "-" if amount < 0 else "", abs(amount)
    if not digits:
        return f"{sign}{whole:,}"
    return f"{sign}{whole // 10**digits:,}.{whole % 10**digits:0{digits}d}"
