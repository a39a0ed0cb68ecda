"""What a certificate prints is typed, bilingual and rectangular; amounts are written as their currency is."""

import pytest

from service.core.sheet import Bar, Column, Figure, Sheet, Table, Words, count, find_said, money, pieces, said

BOTH = Words("数量", "Quantity")


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        (1_267_500, "USD", "USD 12,675.00"),
        (1_200, "JPY", "JPY 1,200"),
        (125, "KWD", "KWD 0.125"),
        (-1_144_00, "CNY", "CNY -1,144.00"),
        (0, "BHD", "BHD 0.000"),
    ],
)
def test_an_amount_has_the_minor_digits_of_its_currency(amount: int, currency: str, expected: str) -> None:
    assert money(amount, currency) == expected


@pytest.mark.parametrize(("zh", "en"), [("", "Quantity"), ("数量", "")])
def test_a_phrase_without_one_of_its_languages_is_refused(zh: str, en: str) -> None:
    with pytest.raises(ValueError, match="both languages"):
        Words(zh, en)


def test_a_row_that_does_not_fit_its_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="expected 1 cells in a row, got 2"):
        Table(BOTH, (Column(BOTH),), (("1", "2"),))
    with pytest.raises(ValueError, match="got 2"):
        Table(BOTH, (Column(BOTH),), (), total=("1", "2"))


def test_a_sheet_becomes_plain_data_and_bars_leave_out_what_is_empty() -> None:
    sheet = Sheet(
        BOTH,
        (Figure(BOTH, pieces(1_000)), Figure(BOTH, "223320260001234567", is_stated_by_exporter=True)),
        bars=(Bar(BOTH, ((said("SOLD"), 3), (said("LOST"), 0))),),
        tables=(Table(BOTH, (Column(BOTH, is_number=True),), ((count(1_234),),)),),
        notes=(find_said("no such text", "as it is"),),
    )
    data = sheet.to_json()
    assert data["headline"][0]["value"] == {"zh": "1,000 件", "en": "1,000 pcs"}
    assert data["headline"][1] == {
        "label": {"zh": "数量", "en": "Quantity"},
        "value": {"zh": "223320260001234567", "en": "223320260001234567"},
        "is_stated_by_exporter": True,
        "is_key": False,
        "is_warning": False,
    }
    assert data["bars"][0]["parts"] == [{"label": {"zh": "已售", "en": "sold"}, "value": 3, "count": "3"}]
    assert data["tables"][0]["rows"] == [[{"zh": "1,234", "en": "1,234"}]]
    assert data["notes"] == [{"zh": "as it is", "en": "as it is"}]
